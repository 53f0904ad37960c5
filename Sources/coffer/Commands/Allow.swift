internal import ArgumentParser
internal import CofferCore

/// What `coffer allow` and `coffer deny` share.
struct StatementOptions: ParsableArguments {
    @Argument(help: "Who: a user's name, user:NAME, uid:N, group:NAME, gid:N, or '*' for everybody.")
    var principal: String

    @Argument(help: "Which secrets: a name, with * and ? as wildcards. Quote it. Not with --secret.")
    var pattern: String?

    @Option(
        help: ArgumentHelp(
            "Hang the statement on this secret's own policy instead of the store's.", valueName: "name"))
    var secret: String?

    @Option(
        help: ArgumentHelp(
            "This action instead, such as DescribeSecret; more than once.", valueName: "action"))
    var action: [String] = []

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard (pattern == nil) != (secret == nil) else {
            throw ValidationError("say which secrets: a pattern for the store's policy, or --secret NAME")
        }
    }

    /// Adds the statement.
    ///
    /// - Parameters:
    ///   - actions: what it is about unless `--action` says otherwise, and the words for it.
    func add(_ effect: PolicyEffect, _ actions: [Action], _ words: String) throws {
        let names = action.isEmpty ? actions.map(\.name) : action
        let answer = try connection.daemon.call(
            "coffer.AddStatement", ("SecretId", secret.map { .string($0) }),
            ("Effect", .string(effect.rawValue)), ("Principals", [.string(principal)]),
            ("Actions", .array(names.map { .string($0) })), ("Resources", pattern.map { [.string($0)] }))
        let verb = effect == .allow ? "may" : "may not"
        let what = action.isEmpty ? words : action.joined(separator: ", ")
        connection.report(answer, "\(principal) \(verb) \(what) \(pattern ?? secret ?? "")")
    }
}

struct Allow: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Let somebody read secrets.",
        discussion: """
            Adds a statement to the store's policy, or to a secret's own. Nothing is allowed unless a statement does, \
            and a Deny wins. Reading is to see a secret and its versions and to read them; writing is to make secrets \
            and versions and to move labels, but not to delete.

            EXAMPLES:
              coffer allow www-data 'prod/web/*'
              coffer allow group:dba 'prod/db*' --write
              coffer allow uid:33 prod/tls --action DescribeSecret
              coffer allow alice --secret prod/db
            """)

    @Flag(help: "Writing too, not only reading.")
    var write = false

    @OptionGroup var statement: StatementOptions

    func run() throws {
        let actions = StatementDraft.readActions + (write ? StatementDraft.writeActions : [])
        try statement.add(.allow, actions, write ? "read and write" : "read")
    }
}

struct Deny: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Forbid somebody secrets, whatever else allows them.",
        discussion: """
            Adds a statement that denies everything there is to do with a secret: it can't even be seen. With --write \
            only what changes something.

            EXAMPLES:
              coffer deny uid:0 'prod/*'
              coffer deny bob 'prod/*' --write
              coffer deny '*' --secret prod/root --action DeleteSecret
            """)

    @Flag(help: "Only what changes a secret; reading stays as it is.")
    var write = false

    @OptionGroup var statement: StatementOptions

    func run() throws {
        let all = Action.allCases.filter { $0.service == "secretsmanager" }
        try statement.add(.deny, write ? all.filter { !$0.isReadOnly } : all, write ? "change" : "touch")
    }
}
