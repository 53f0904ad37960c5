internal import Fuse
internal import Glibc
internal import Logging
internal import SecretMemory

/// The supervisor as a program: `coffer-supervisor SETTINGS ARGUMENTS…`, the arguments being those of the processes that serve.
package enum SupervisorProgram {
    /// Its file's name, beside `coffer`.
    package static let name = "coffer-supervisor"
    /// What it ends with where the mount can't be had: docs/commands.md.
    private static let troubleStatus: Int32 = 7
    private static let usageStatus: Int32 = 2
    /// Guarded memory for the key, and messages.
    private static let reservedBytes = 256 << 10
    private static let passphraseLimit = 4096

    /// Runs it; returns its exit status.
    package static func run(_ arguments: [String]) -> Int32 {
        guard let first = arguments.first, let settings = SupervisorSettings(first) else {
            LogWriter.shared.write("coffer-supervisor is started by `coffer mount`, and of no use by itself")
            return usageStatus
        }
        LoggingSystem.bootstrap { _ in LogWriterHandler() }
        ProcessHardening.setName("coffer-superv")
        defer { LogWriter.shared.flush() }
        do throws(SupervisorError) {
            return try run(settings, Array(arguments.dropFirst()))
        } catch {
            LogWriter.shared.write("coffer: \(error.message)")
            return troubleStatus
        }
    }

    private static func run(
        _ settings: SupervisorSettings, _ arguments: [String]
    ) throws(SupervisorError) -> Int32 {
        let logger = Logger(label: "coffer")
        var passphrase: SecretBytes?
        do {
            try ProcessHardening.harden()
            try ProcessHardening.reserve(bytes: reservedBytes, allowUnlocked: settings.allowsUnlockedMemory)
            if let descriptor = settings.passphraseDescriptor {
                passphrase = try SecretBytes(reading: descriptor, limit: passphraseLimit)
                close(descriptor)
            }
        } catch {
            throw .memory(error)
        }
        for descriptor in [settings.programDescriptor, settings.readyDescriptor].compactMap({ $0 }) {
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
        let supervisor = try Supervisor(settings, arguments: arguments, logger: logger)
        return try supervisor.run(passphrase: passphrase)
    }
}
