import Glibc
import SecretMemory

/// Why the key service refused. No case holds a key, a passphrase or a byte of a value.
public enum KeyServiceError: Error, Equatable {
    /// No passphrase slot opens with this passphrase.
    case wrongPassphrase
    /// The key file can be read, but is not the one; `reason` says what is wrong with it.
    case wrongKeyFile(path: String, reason: String)
    /// Opening or reading the key file failed with this errno.
    case keyFileUnreadable(path: String, code: Int32)
    /// The key file could not be made; the errno, EEXIST where there is one already.
    case keyFileUnwritable(path: String, code: Int32)
    /// The store has no unlock slot of this kind.
    case noSuchSlot(kind: String)
    /// This is the right key file, but what the slot holds does not open.
    case slotDamaged(slot: UInt32)
    /// There is no key of this id.
    case keyNotFound(KeyID)
    /// The key is disabled. AWS error: DisabledException
    case keyDisabled(KeyID)
    /// The key is going to be deleted. AWS error: KMSInvalidStateException
    case keyPendingDeletion(KeyID)
    /// What is sealed was changed, or belongs elsewhere: to another secret, version, record, key or store.
    case authenticationFailed
    /// The bytes don't have the shape of what they should be.
    case malformed(what: String)
    /// A newer Coffer wrote this.
    case newerFormat(what: String, found: Int, supported: Int)
    /// There is no guarded memory left for the keys or the plaintext.
    case outOfMemory

    /// One sentence that says what to do next.
    public var message: String {
        switch self {
        case .wrongPassphrase:
            "this passphrase does not unlock the store; try again, or use another way in that the store has"
        case .wrongKeyFile(let path, let reason):
            "the key file \(path) does not unlock the store: \(reason)"
        case .keyFileUnreadable(let path, let code):
            "cannot read the key file \(path): \(Self.text(of: code)); check the path and its permissions"
        case .keyFileUnwritable(let path, let code) where code == EEXIST:
            "the file \(path) exists already and is left as it is; name a new file for the key"
        case .keyFileUnwritable(let path, let code):
            "cannot make the key file \(path): \(Self.text(of: code)); check the directory and its permissions"
        case .noSuchSlot(let kind):
            "the store can't be unlocked with a \(kind); use the way it was made with"
        case .slotDamaged(let slot):
            "unlock slot \(slot) of the store is damaged; use another slot, or restore the store from a backup"
        case .keyNotFound(let id):
            "there is no key \(id); list the keys to see which there are"
        case .keyDisabled(let id):
            "the key \(id) is disabled; enable it first"
        case .keyPendingDeletion(let id):
            "the key \(id) is pending deletion; cancel the deletion and enable it first"
        case .authenticationFailed:
            "the sealed data was changed or belongs elsewhere; restore the store from a backup"
        case .malformed(let what):
            "\(what) is damaged; restore the store from a backup"
        case .newerFormat(let what, let found, let supported):
            "\(what) has format \(found) and this Coffer reads up to \(supported); update Coffer"
        case .outOfMemory:
            "there is not enough guarded memory; raise the memory lock limit or free memory on this machine"
        }
    }

    private static func text(of code: Int32) -> String { unsafe String(cString: strerror(code)) }
}

extension KeyServiceError {
    /// Translates the layer below; `what` names the thing whose length is wrong.
    init(_ error: SecretMemoryError, what: String) {
        switch error {
        case .authenticationFailed: self = .authenticationFailed
        case .outOfGuardedMemory, .lockRefused, .derivationFailed, .initializationFailed: self = .outOfMemory
        case .badLength, .tooLong, .readFailed, .writeFailed, .noTerminal, .interrupted, .hardeningFailed:
            self = .malformed(what: what)
        }
    }
}

/// Runs `body` with the errors of guarded memory translated; `what` names the thing that is worked on.
@inline(__always)
func translating<R: ~Copyable>(
    _ what: @autoclosure () -> String, _ body: () throws(SecretMemoryError) -> R
) throws(KeyServiceError) -> R {
    do { return try body() } catch { throw KeyServiceError(error, what: what()) }
}
