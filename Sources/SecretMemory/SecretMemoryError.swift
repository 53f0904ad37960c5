/// What can go wrong with guarded memory and with the cryptography on it. No case holds secret bytes.
public enum SecretMemoryError: Error, Equatable {
    /// libsodium did not start: the kernel gave no random bytes.
    case initializationFailed
    /// The kernel gave no more memory; `bytes` is the size that was asked for.
    case outOfGuardedMemory(bytes: Int)
    /// The kernel refused to lock memory; `limitBytes` is the soft `RLIMIT_MEMLOCK` now in force.
    case lockRefused(limitBytes: UInt64)
    /// A sealed text was changed, or belongs to another key or other associated data.
    case authenticationFailed
    /// A key, a salt, a sealed text or an output buffer has the wrong length.
    case badLength(expected: Int, actual: Int)
    /// Argon2id could not run: its memory could not be had, or its parameters are out of range.
    case derivationFailed
    /// The input is longer than `limit` bytes.
    case tooLong(limit: Int)
    /// `read(2)` failed.
    case readFailed(errno: Int32)
    /// `write(2)` failed.
    case writeFailed(errno: Int32)
    /// There is no terminal to ask at.
    case noTerminal
    /// The prompt was left with an interrupt, or the terminal went away.
    case interrupted
    /// The process could not be kept from being dumped or traced.
    case hardeningFailed(errno: Int32)
}

extension SecretMemoryError: CustomStringConvertible {
    /// One sentence for a person, with what to do next.
    public var description: String {
        switch self {
        case .initializationFailed:
            "libsodium could not be started because the kernel gives no random bytes; "
                + "check that getrandom or /dev/urandom works here."
        case .outOfGuardedMemory(let bytes):
            "The kernel gave no guarded memory (\(bytes) bytes were needed); "
                + "free memory on this machine or raise the limit of this process."
        case .lockRefused(let limitBytes):
            "The kernel refused to lock memory (the limit is \(limitBytes) bytes); raise it with "
                + "LimitMEMLOCK= in the unit or `ulimit -l`, or accept swapping with --allow-unlocked-memory."
        case .authenticationFailed:
            "The sealed data does not authenticate: it was changed, or this is the wrong key. "
                + "Check the key, or restore the data from a backup."
        case .badLength(let expected, let actual):
            "\(expected) bytes were expected and \(actual) found; check that this is the right file or value."
        case .derivationFailed:
            "The key could not be derived from the passphrase; free memory on this machine and try again."
        case .tooLong(let limit):
            "The input is longer than \(limit) bytes; give a shorter one or raise the limit."
        case .readFailed(let errno):
            "Reading failed (errno \(errno)); check that the descriptor is open for reading."
        case .writeFailed(let errno):
            "Writing failed (errno \(errno)); check that the reader is still there and the disk is not full."
        case .noTerminal:
            "There is no terminal to ask at; give the passphrase with --passphrase-fd or use --key-file."
        case .interrupted:
            "Nothing was read because the prompt was interrupted; run the command again."
        case .hardeningFailed(let errno):
            "This process could not be kept from being dumped or traced (errno \(errno)); "
                + "check the limits and the system call filter it was started with."
        }
    }
}
