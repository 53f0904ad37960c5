internal import ArgumentParser
internal import CofferCore

/// What `coffer allow` and `coffer deny` share.
struct StatementOptions: ParsableArguments {
    @Argument(help: "Who: a user's name, user:NAME, uid:N, group:NAME, gid:N, or '*' for everybody.")
    var principal: String

    @Argument(help: "Which secrets: a name, with * and ? as wildcards. Quote it.")
    var pattern: String

    @Flag(help: "Writing too, not only reading.")
    var write = false

    @Option(
        help: ArgumentHelp(
            "This action instead, such as DescribeSecret; more than once.", valueName: "action"))
    var action: [String] = []

    @OptionGroup var connection: ConnectionOptions

    func add(_ effect: String) throws {
        let actions =
            action.isEmpty
            ? (StatementDraft.readActions + (write ? StatementDraft.writeActions : [])).map(\.name) : action
        try connection.daemon.call(
            "coffer.AddStatement", ("Effect", .string(effect)), ("Principals", [.string(principal)]),
            ("Actions", .array(actions.map { .string($0) })), ("Resources", [.string(pattern)]))
        let verb = effect == "Allow" ? "may" : "may not"
        print(
            "\(principal) \(verb) \(action.isEmpty ? write ? "read and write" : "read" : action.joined(separator: ", ")) \(pattern)"
        )
    }
}

struct Allow: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Let somebody read secrets.",
        discussion: """
            Adds a statement to the store's policy. Nothing is allowed unless a statement does, and a Deny wins.

            EXAMPLES:
              coffer allow www-data 'prod/web/*'
              coffer allow group:dba 'prod/db*' --write
              coffer allow uid:33 prod/tls --action DescribeSecret
            """)

    @OptionGroup var statement: StatementOptions

    func run() throws { try statement.add("Allow") }
}

struct Deny: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Forbid somebody secrets, whatever else allows them.",
        discussion: """
            EXAMPLES:
              coffer deny uid:0 'prod/*'
              coffer deny bob 'prod/*' --write
            """)

    @OptionGroup var statement: StatementOptions

    func run() throws { try statement.add("Deny") }
}
