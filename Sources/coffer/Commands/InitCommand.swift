internal import ArgumentParser
internal import Glibc
internal import KeyService
internal import SecretMemory
internal import SecretStore
internal import SecretsManager

/// `coffer init`: makes a store.
struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a store.",
        discussion: """
            The store is a directory that must not exist yet, or be empty. It is unlocked by a passphrase, which is \
            asked for twice, or by a key file, which is made if it isn't there. Keep the key file apart from the store: \
            without the one or the other, nothing in it can ever be read.

            EXAMPLES:
              coffer init /var/lib/coffer
              coffer init /var/lib/coffer --key-file /etc/coffer.key
            """)

    @Argument(help: "The directory to make.")
    var store: String

    @OptionGroup var unlock: UnlockOptions

    func run() throws {
        try run(at: StoreLocation.absolute(store))
    }

    private func run(at path: String) throws(CommandFailure) {
        do {
            try ProcessHardening.harden()
        } catch {
            throw CommandFailure(.other, error.description)
        }
        var madeKeyFile: String?
        if let file = unlock.keyFile.map(StoreLocation.absolute), unsafe access(file, F_OK) != 0,
            errno == ENOENT
        {
            do {
                try EmbeddedKeyService.makeKeyFile(at: file)
            } catch {
                throw CommandFailure(.storeTrouble, error.message)
            }
            madeKeyFile = file
        }
        do throws(CommandFailure) {
            try makeStore(at: path, try unlock.protector(confirming: unlock.passphraseFd == nil))
        } catch {
            // A key file without a store would only puzzle.
            if let madeKeyFile { unsafe unlink(madeKeyFile) }
            throw error
        }
        print("made the store \(path)")
        if let madeKeyFile {
            print("made its key file \(madeKeyFile): keep it apart from the store, and a copy of it safe")
        }
        print(
            "mount it with: coffer mount \(store)\(unlock.keyFile.map { " --key-file \($0)" } ?? "") MOUNTPOINT"
        )
    }

    private func makeStore(at path: String, _ protector: consuming Protector) throws(CommandFailure) {
        do {
            let made = try EmbeddedKeyService.create(protector: protector)
            let rows = try SecretsManager.initialRows(
                header: made.header, keys: made.keys, sealedBy: made.service)
            try SQLiteStore.create(at: path, holding: rows, fileHash: storeFileHash).close()
        } catch let error as KeyServiceError {
            throw CommandFailure(.storeTrouble, error.message)
        } catch let error as StoreError {
            throw CommandFailure(.storeTrouble, "\(path): \(error.description)")
        } catch let error as LoadError {
            throw CommandFailure(.storeTrouble, error.message)
        } catch {
            throw CommandFailure(.storeTrouble, "the store could not be made")
        }
    }
}
