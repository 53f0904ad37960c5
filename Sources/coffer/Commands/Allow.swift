internal import ArgumentParser
internal import CofferCore

/// What somebody may or may not do, in a word.
enum Access: String, CaseIterable {
    case see, read, write
}

/// What `coffer allow` and `coffer deny` share.
struct StatementOptions: ParsableArguments {
    @Argument(help: "Who: a user's name, user:NAME, uid:N, group:NAME, gid:N, or '*' for everybody.")
    var principal: String

    @Argument(
        help: ArgumentHelp(
            "What: see, read or write. And which secrets: a name, with * and ? as wildcards; quote it. Not with --secret.",
            valueName: "access> <pattern"))
    var words: [String] = []

    @Option(
        help: ArgumentHelp(
            "Hang the statement on this secret's own policy instead of the store's.", valueName: "name"))
    var secret: String?

    @Option(
        help: ArgumentHelp(
            "This action instead, such as DescribeSecret; more than once.", valueName: "action"))
    var action: [String] = []

    @Flag(help: "The same as the word write.")
    var write = false

    @OptionGroup var connection: ConnectionOptions

    /// The word before the pattern, if there is one.
    var access: Access? {
        if write { return .write }
        let mayHaveWord = secret == nil ? words.count == 2 : words.count == 1
        return mayHaveWord ? Access(rawValue: words[0]) : nil
    }

    private var pattern: String? { secret == nil ? words.last : nil }

    func validate() throws {
        let count = words.count
        guard secret == nil ? (1...2).contains(count) : count <= 1 else {
            throw ValidationError(
                secret == nil
                    ? "say which secrets: a pattern for the store's policy, or --secret NAME"
                    : "with --secret there is no pattern, only see, read or write")
        }
        if count == (secret == nil ? 2 : 1), Access(rawValue: words[0]) == nil {
            throw ValidationError("'\(words[0])' is none of see, read, write")
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
            and a Deny wins. To see a secret is to find its name and what describes it; to read includes seeing it; to \
            write includes reading, and is to make secrets and versions and to move labels, but not to delete. Without \
            a word it is read.

            EXAMPLES:
              coffer allow www-data read 'prod/web/*'
              coffer allow group:dba write 'prod/db*'
              coffer allow uid:33 prod/tls --action DescribeSecret
              coffer allow alice --secret prod/db
            """)

    @OptionGroup var statement: StatementOptions

    func run() throws {
        switch statement.access ?? .read {
        case .see: try statement.add(.allow, [.describeSecret], "see")
        case .read: try statement.add(.allow, StatementDraft.readActions, "read")
        case .write:
            try statement.add(
                .allow, StatementDraft.readActions + StatementDraft.writeActions, "read and write")
        }
    }
}

struct Deny: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Forbid somebody secrets, whatever else allows them.",
        discussion: """
            Adds a statement that denies everything there is to do with a secret: it can't even be seen. With read, \
            its values can't be read, though it can be seen; with write, it can't be changed.

            EXAMPLES:
              coffer deny uid:0 'prod/*'
              coffer deny bob write 'prod/*'
              coffer deny '*' --secret prod/root --action DeleteSecret
            """)

    @OptionGroup var statement: StatementOptions

    func run() throws {
        let all = Action.allCases.filter { $0.service == "secretsmanager" }
        switch statement.access ?? .see {
        case .see: try statement.add(.deny, all, "touch")
        case .read: try statement.add(.deny, [.getSecretValue, .batchGetSecretValue], "read")
        case .write: try statement.add(.deny, all.filter { !$0.isReadOnly }, "change")
        }
    }
}
