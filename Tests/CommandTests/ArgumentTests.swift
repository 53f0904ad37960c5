import ArgumentParser
import CofferCore
import SecretsManager
import Testing

@testable import coffer

@Suite struct ArgumentTests {
    private let now = Timestamp(seconds: 1_000_000)

    @Test(
        "A time is a date or how long ago",
        arguments: [
            ("1970-01-02", 86_400), ("1970-01-01T00:00:05Z", 5), ("30s", 999_970), ("5m", 999_700),
            ("2h", 992_800),
            ("3d", 740_800), ("0s", 1_000_000),
        ] as [(String, Int64)])
    func time(text: String, seconds: Int64) throws {
        #expect(try TimeArgument.moment(text, now: now) == Timestamp(seconds: seconds))
    }

    @Test(
        "What is no time is refused as a wrong command line",
        arguments: ["", "h", "-2h", "2w", "yesterday", "2026-13-01", "99999999999999999999d", "1 h"])
    func badTime(_ text: String) {
        let failure = #expect(throws: CommandFailure.self) { _ = try TimeArgument.moment(text, now: now) }
        #expect(failure?.status == .usage)
    }

    @Test("A tag is taken apart at its first equals sign")
    func tags() throws {
        let tags = try Tag.list(["team=web", "note=a=b", "empty="])
        #expect(tags.map(\.key) == ["team", "note", "empty"])
        #expect(tags.map(\.value) == ["web", "a=b", ""])
        for bad in ["team", "=web", ""] {
            let failure = #expect(throws: CommandFailure.self) { _ = try Tag.list([bad]) }
            #expect(failure?.status == .usage)
        }
    }

    @Test("The socket is the option's, before any other")
    func socket() { #expect(SocketPath.chosen("/a/b.sock") == "/a/b.sock") }

    @Test("Labels are told with AWS's first")
    func labels() {
        let versions: JSONValue = ["v1": ["canary", "AWSPREVIOUS"], "v2": ["AWSCURRENT"]]
        #expect(StageList.words(versions) == "AWSCURRENT AWSPREVIOUS canary")
    }

    @Test("Every error that the service can give has an exit status of its own kind")
    func statuses() {
        let text = ""
        let expected: [(ServiceError, coffer.ExitStatus)] = [
            (.resourceNotFound(text), .notFound), (.resourceExists(text), .conflict),
            (.invalidParameter(text), .invalidInput), (.invalidRequest(text), .conflict),
            (.invalidNextToken(text), .invalidInput), (.limitExceeded(text), .invalidInput),
            (.malformedPolicyDocument(text), .invalidInput), (.publicPolicy(text), .invalidInput),
            (.preconditionNotMet(text), .conflict), (.accessDenied(text), .accessDenied),
            (.encryptionFailure(text), .storeTrouble), (.decryptionFailure(text), .storeTrouble),
            (.keyUnavailable(text), .storeTrouble), (.valueTooLarge(text), .invalidInput),
            (.storeFull(text), .storeTrouble), (.storeReadOnly(text), .storeTrouble),
            (.auditUnavailable(text), .storeTrouble), (.outOfGuardedMemory(text), .storeTrouble),
            (.internalServiceError(text), .storeTrouble),
        ]
        for (error, status) in expected {
            #expect(coffer.ExitStatus(errorName: error.code) == status, "\(error.code)")
        }
    }

    @Test("docs/commands.md tells each exit status by the same words")
    func documentation() throws {
        let text = try Documentation.text("commands.md")
        for status in coffer.ExitStatus.allCases {
            #expect(text.contains("| \(status.rawValue) | \(status.words) |"), "status \(status.rawValue)")
        }
    }

    @Test("docs/commands.md and --help show every command, each with examples")
    func commands() throws {
        let text = try Documentation.text("commands.md")
        let commands = Coffer.configuration.subcommands.filter { $0.configuration.shouldDisplay }
        #expect(commands.count >= 20)
        for command in commands {
            let name = Self.name(command)
            #expect(text.contains("`coffer \(name)"), "\(name) is not in docs/commands.md")
            #expect(command.configuration.discussion.contains("EXAMPLES:"), "\(name) has no example")
            for inner in command.configuration.subcommands {
                #expect(text.contains("`coffer \(name) \(Self.name(inner))"), "\(name) \(Self.name(inner))")
                #expect(inner.configuration.discussion.contains("EXAMPLES:"), "\(name) \(Self.name(inner))")
            }
        }
    }

    /// A command's name: its type's, unless it says otherwise.
    private static func name(_ command: any ParsableCommand.Type) -> String {
        command.configuration.commandName ?? "\(command)".lowercased()
    }
}
