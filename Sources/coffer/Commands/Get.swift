internal import ArgumentParser
internal import CofferCore
internal import ControlAPI
internal import Glibc
internal import SecretMemory

struct Get: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a secret's value to standard output.",
        discussion: """
            The value comes out byte for byte; only on a terminal a newline is added to text. With --member it is one \
            member of a JSON object, as its file in the mount reads. --json gives GetSecretValue's answer.

            EXAMPLES:
              coffer get prod/db
              coffer get prod/db --member password
              coffer get prod/tls > server.key
              coffer get prod/db --stage AWSPREVIOUS
            """)

    @Argument(help: "The secret's name or ARN.")
    var name: String

    @Option(help: ArgumentHelp("The version with this label instead of AWSCURRENT.", valueName: "label"))
    var stage: String?

    @Option(help: ArgumentHelp("The version with this id.", valueName: "id"))
    var versionId: String?

    @Option(help: ArgumentHelp("One member of a JSON object.", valueName: "name"))
    var member: String?

    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let request = JSONValue.members(
            ("SecretId", .string(name)), ("VersionId", versionId.map { .string($0) }),
            ("VersionStage", stage.map { .string($0) }), ("Member", member.map { .string($0) }))
        let answer = try connection.daemon.call(
            "secretsmanager.GetSecretValue", body: try MessageBody.make(request))
        let isTerminal = isatty(STDOUT_FILENO) == 1
        if connection.json {
            try answer.writeAll(to: STDOUT_FILENO)
            print()
            return
        }
        let layout = try MessageLayout(answer)
        if let text = try layout.secretText("SecretString", in: answer) {
            try text.writeAll(to: STDOUT_FILENO)
            if isTerminal { print() }
        } else if let binary = try layout.secretBinary("SecretBinary", in: answer) {
            try binary.writeAll(to: STDOUT_FILENO)
        } else {
            throw CommandFailure(.other, "the daemon's answer has no value; is it a daemon of this version?")
        }
    }
}
