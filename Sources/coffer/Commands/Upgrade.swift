internal import ArgumentParser
internal import CofferCore
internal import Glibc
internal import Supervision

/// `coffer upgrade`: lets the program that stands on the disk now take over from the one that serves.
struct Upgrade: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Let a new version of the program take over a mount.",
        discussion: """
            The program that now stands where the mount's was started from is started, looks whether it can open the store, \
            and takes over; only then does the old one go. If it can't, the old one goes on. No call on the mount fails, but \
            for files that are being written: they have a few seconds to be closed. Only root or who mounted the store may. \
            Signal SIGUSR2 to the supervisor does the same.

            EXAMPLES:
              apt install ./coffer.deb && coffer upgrade
            """)

    /// How long to wait for the outcome, in tenths of a second.
    private static let patience = 900

    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let before = try status()
        guard let supervisor = before["SupervisorProcessId"]?.int else {
            throw CommandFailure(
                .conflict,
                "this mount has no supervisor (--no-supervisor, or it has ended); unmount it and mount it again"
            )
        }
        guard kill(pid_t(supervisor), SIGUSR2) == 0 else {
            throw CommandFailure(
                .accessDenied,
                "only root or who mounted the store can upgrade it: \(SystemError.words(errno))")
        }
        for _ in 0..<Self.patience {
            usleep(100_000)
            // Between the two nobody answers.
            guard let now = try? status(), let outcome = now["LastUpgrade"]?.string,
                outcome != before["LastUpgrade"]?.string
            else { continue }
            connection.report(now, outcome)
            guard outcome.hasSuffix(Supervisor.upgradeDone) else {
                throw ExitCode(ExitStatus.other.rawValue)
            }
            return
        }
        throw CommandFailure(.other, "nothing has come of it; see the log, coffer.log beside the audit trail")
    }

    private func status() throws -> JSONValue { try connection.daemon.status() }
}
