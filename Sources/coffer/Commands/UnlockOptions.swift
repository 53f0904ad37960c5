internal import ArgumentParser
internal import Glibc
internal import KeyService
internal import SecretMemory

/// How a store is unlocked.
struct UnlockOptions: ParsableArguments {
    /// The longest passphrase, in bytes.
    private static let passphraseLimit = 4096

    @Option(help: ArgumentHelp("Unlock with this key file instead of a passphrase.", valueName: "file"))
    var keyFile: String?

    @Option(
        help: ArgumentHelp(
            "Read the passphrase from this descriptor instead of asking for it.", valueName: "number"))
    var passphraseFd: Int32?

    func validate() throws {
        if keyFile != nil, passphraseFd != nil {
            throw ValidationError("give --key-file or --passphrase-fd, not both")
        }
    }

    /// What unlocks; a passphrase is asked for where nothing else is given.
    ///
    /// - Parameter confirming: ask twice, for a store that is being made.
    func protector(confirming: Bool) throws(CommandFailure) -> Protector {
        if let keyFile { return .keyFile(path: StoreLocation.absolute(keyFile)) }
        return .passphrase(try passphrase(confirming: confirming))
    }

    /// The passphrase, from its descriptor or the terminal.
    func passphrase(confirming: Bool) throws(CommandFailure) -> SecretBytes {
        do {
            if let passphraseFd {
                var passphrase = try SecretBytes(reading: passphraseFd, limit: Self.passphraseLimit)
                passphrase.dropTrailingNewline()
                guard passphrase.count > 0 else {
                    throw CommandFailure(
                        .invalidInput, "the passphrase that descriptor \(passphraseFd) gave is empty")
                }
                return passphrase
            }
            let passphrase = try SecretBytes.prompting(confirming ? "New passphrase: " : "Passphrase: ")
            guard passphrase.count > 0 else {
                throw CommandFailure(.invalidInput, "a passphrase has at least one character")
            }
            if confirming, !passphrase.isEqual(to: try SecretBytes.prompting("Again: ")) {
                throw CommandFailure(.invalidInput, "the two passphrases differ; nothing was made")
            }
            return passphrase
        } catch let error as CommandFailure {
            throw error
        } catch let error as SecretMemoryError {
            if case .noTerminal = error {
                throw CommandFailure(
                    .usage,
                    "there is no terminal to ask for a passphrase at; give --key-file or --passphrase-fd")
            }
            throw CommandFailure(.other, error.description)
        } catch {
            throw CommandFailure(.other, "no passphrase could be read")
        }
    }
}
