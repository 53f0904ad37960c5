internal import ArgumentParser
internal import CofferCore
internal import ControlAPI
internal import Glibc
internal import SecretMemory

struct Generate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a random password.",
        discussion: """
            Each kind of character that is not left out stands in it at least once.

            EXAMPLES:
              coffer generate
              coffer generate --length 24 --exclude-punctuation
              coffer generate --put prod/db          (stores it, and shows nothing)
            """)

    @Option(help: "How many characters, 1 to 4096.")
    var length = 32

    @Option(help: ArgumentHelp("Characters to leave out.", valueName: "characters"))
    var excludeCharacters: String?

    @Flag(help: "Leave out digits.")
    var excludeNumbers = false

    @Flag(help: "Leave out punctuation.")
    var excludePunctuation = false

    @Flag(help: "Leave out capitals.")
    var excludeUppercase = false

    @Flag(help: "Leave out small letters.")
    var excludeLowercase = false

    @Flag(help: "Allow blanks.")
    var includeSpace = false

    @Option(
        help: ArgumentHelp("Store it as this secret's new version instead of showing it.", valueName: "name"))
    var put: String?

    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let request = JSONValue.members(
            ("PasswordLength", .int(length)), ("ExcludeCharacters", excludeCharacters.map { .string($0) }),
            ("ExcludeNumbers", .bool(excludeNumbers)), ("ExcludePunctuation", .bool(excludePunctuation)),
            ("ExcludeUppercase", .bool(excludeUppercase)), ("ExcludeLowercase", .bool(excludeLowercase)),
            ("IncludeSpace", .bool(includeSpace)))
        let answer = try connection.daemon.call(
            "secretsmanager.GetRandomPassword", body: try MessageBody.make(request))
        guard let password = try MessageLayout(answer).secretText("RandomPassword", in: answer) else {
            throw CommandFailure(
                .other, "the daemon's answer has no password; is it a daemon of this version?")
        }
        if let put {
            let written = try SecretWriter(daemon: connection.daemon, name: put).write(password)
            connection.report(
                written.json,
                written.isNew ? "made \(put) with a random password" : "\(put) has a new random password")
            return
        }
        if connection.json {
            try answer.writeAll(to: STDOUT_FILENO)
            print()
            return
        }
        try password.writeAll(to: STDOUT_FILENO)
        if isatty(STDOUT_FILENO) == 1 { print() }
    }
}
