internal import ArgumentParser
internal import Glibc
internal import SecretMemory

/// Coffer's version, as `coffer --version` and the daemon's status tell it.
let cofferVersion = "0.1.0"

/// The root of the command line.
@main
struct Coffer: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coffer",
        abstract: "A secrets manager that you mount.",
        discussion: """
            Every secret is a directory, and its value a file that is decrypted when it is read. The commands below \
            speak to the daemon that `coffer mount` starts; who asks is known by the socket, and the policy decides.

            EXAMPLES:
              printf %s 'hunter2' | coffer put prod/db
              coffer allow www-data 'prod/*'
              coffer get prod/db
              coffer audit log --denied

            \(ExitStatus.list)
            """,
        version: cofferVersion,
        subcommands: [
            InitCommand.self, MountCommand.self, UmountCommand.self, Put.self, Get.self, List.self,
            Describe.self, Versions.self,
            Promote.self, Rollback.self, Remove.self, Restore.self, TagCommand.self, Chattr.self,
            Generate.self,
            Allow.self,
            Deny.self, Policy.self, Audit.self, Status.self, Doctor.self, Upgrade.self, EventsCommand.self,
            Supervise.self,
        ])

    /// Runs the command that the arguments name, and exits with its status.
    static func main() {
        // All but the daemon and `init`, which see to it themselves, only carry a value between a descriptor and the
        // daemon: where the kernel locks no memory they do so all the same. A core dump would keep it.
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        do {
            var command = try parseAsRoot()
            if !(command is MountCommand), !(command is InitCommand) {
                try? ProcessHardening.reserve(bytes: 0, allowUnlocked: true)
            }
            try command.run()
        } catch {
            end(with: error)
        }
    }

    private static func end(with error: any Error) -> Never {
        switch error {
        case let failure as CommandFailure:
            complain(failure.message)
            Glibc.exit(failure.status.rawValue)
        case let error as SecretMemoryError:
            complain(error.description)
            Glibc.exit(ExitStatus.other.rawValue)
        default:
            let text = fullMessage(for: error)
            guard exitCode(for: error) != .success else {
                print(text)
                Glibc.exit(ExitStatus.success.rawValue)
            }
            if !text.isEmpty { complain(text) }
            let status = (error as? ExitCode)?.rawValue ?? ExitStatus.usage.rawValue
            Glibc.exit(status)
        }
    }

    /// Says on standard error what went wrong.
    static func complain(_ text: String) {
        let line = Array("coffer: \(text.hasPrefix("Error: ") ? String(text.dropFirst(7)) : text)\n".utf8)
        unsafe line.withUnsafeBytes { unsafe _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
