internal import ArgumentParser
internal import Supervision

/// `coffer supervise`: the supervisor, where its own program isn't there; of no use to anybody but `coffer mount`.
struct Supervise: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Hold a mount for the processes that serve it.", shouldDisplay: false)

    @Argument(parsing: .captureForPassthrough)
    var arguments: [String] = []

    func run() throws {
        throw ExitCode(SupervisorProgram.run(arguments))
    }
}
