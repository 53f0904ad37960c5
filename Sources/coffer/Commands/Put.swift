internal import ArgumentParser
internal import CofferCore
internal import ControlAPI
internal import Glibc
internal import SecretMemory

struct Put: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Give a secret a new value, or make a secret.",
        discussion: """
            The value comes from standard input, byte for byte, or from a file; on a terminal it is asked for without \
            echo. Never from the command line: others could see it there. A newline at the end belongs to the value.

            The new version becomes AWSCURRENT, and the one before AWSPREVIOUS, unless --stage says otherwise.

            EXAMPLES:
              printf %s 'hunter2' | coffer put prod/db
              coffer put prod/tls --file server.key --description 'TLS key of www' --tag team=web
              coffer put prod/tls --file server.key --owner root --group ssl-cert --mode 0640
              coffer put prod/db --stage AWSPENDING < new-password
              coffer put prod/db                     (asks for the value)
            """)

    /// The longest value there can be; the daemon has a lower limit of its own.
    private static let limit = 16 << 20

    @Argument(help: "The secret's name, such as prod/db.")
    var name: String

    @Option(help: ArgumentHelp("Take the value from a file.", valueName: "path"))
    var file: String?

    @Option(
        help: ArgumentHelp(
            "A label for the new version instead of AWSCURRENT; more than once.", valueName: "label"))
    var stage: [String] = []

    @Option(help: "What the secret is for.")
    var description: String?

    @Option(help: ArgumentHelp("A tag; more than once.", valueName: "key=value"))
    var tag: [String] = []

    @Option(
        help: ArgumentHelp(
            "The new version's id (32 to 64 characters): the same id and value again change nothing.",
            valueName: "id"))
    var token: String?

    @OptionGroup var settings: FileSettingsOptions

    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let tags = try Tag.list(tag)
        let value = try ValueInput(file: file).read(limit: Self.limit, for: name)
        let writer = SecretWriter(daemon: connection.daemon, name: name, stages: stage, token: token)
        let answer = try writer.write(value, description: description, tags: tags, settings: settings.json())
        if connection.json {
            print(answer.json.prettyText)
        } else {
            let version = answer.json["VersionId"]?.string ?? ""
            print(answer.isNew ? "made \(name), version \(version)" : "\(name) has a new version \(version)")
        }
    }
}
