internal import ArgumentParser
internal import CofferCore
internal import Glibc
internal import Supervision

struct Policy: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read, write and test policies.",
        discussion: """
            EXAMPLES:
              coffer policy get                      (the store's)
              coffer policy put --secret prod/db policy.json
              coffer policy test www-data GetSecretValue prod/db
            """,
        subcommands: [PolicyGet.self, PolicyPut.self, PolicyDelete.self, PolicyTest.self])
}

/// Which policy is meant: a secret's own, or the store's.
struct PolicyOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The policy of this secret, not the store's.", valueName: "name"))
    var secret: String?

    @OptionGroup var connection: ConnectionOptions

    func operation(_ verb: String) -> String {
        secret == nil ? "coffer.\(verb)StorePolicy" : "secretsmanager.\(verb)ResourcePolicy"
    }

    var secretID: (String, JSONValue?) { ("SecretId", secret.map { .string($0) }) }
}

struct PolicyGet: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Print a policy.",
        discussion: """
            EXAMPLES:
              coffer policy get > policy.json
              coffer policy get --secret prod/db
            """)

    @OptionGroup var options: PolicyOptions

    func run() throws {
        let answer = try options.connection.daemon.call(options.operation("Get"), options.secretID)
        guard let text = (answer["ResourcePolicy"] ?? answer["StorePolicy"])?.string else {
            throw CommandFailure(
                .notFound, "there is no policy; `coffer allow` or `coffer policy put` makes one")
        }
        options.connection.report(answer, text)
    }
}

struct PolicyPut: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "put", abstract: "Put a policy in the place of the one there.",
        discussion: """
            docs/policies.md tells what stands in one. A policy that does not parse, or names a user that this \
            machine doesn't know, is refused with the line and column.

            EXAMPLES:
              coffer policy put policy.json
              coffer policy put --secret prod/db < policy.json
            """)

    @Argument(help: "The document's file; - for standard input.")
    var file = "-"

    @OptionGroup var options: PolicyOptions

    func run() throws {
        let text = try document()
        let member = options.secret == nil ? "StorePolicy" : "ResourcePolicy"
        let answer = try options.connection.daemon.call(
            options.operation("Put"), options.secretID, (member, .string(text)))
        options.connection.report(answer, "the policy is in force")
    }

    private func document() throws -> String {
        let descriptor = file == "-" ? STDIN_FILENO : unsafe open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandFailure(.invalidInput, "\(file) can't be read: \(SystemError.words(errno))")
        }
        defer { if file != "-" { close(descriptor) } }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while bytes.count <= 1 << 20 {
            let count = unsafe read(descriptor, &chunk, chunk.count)
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

struct PolicyDelete: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Take a policy away.",
        discussion: """
            EXAMPLES:
              coffer policy delete --secret prod/db
              coffer policy delete                   (the store's)
            """)

    @OptionGroup var options: PolicyOptions

    func run() throws {
        let answer = try options.connection.daemon.call(options.operation("Delete"), options.secretID)
        options.connection.report(answer, "the policy is gone")
    }
}

struct PolicyTest: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Say who may do what, and which statement decides.",
        discussion: """
            Exits with 4 where it is not allowed. What only the process itself shows (its executable, its cgroup) can't \
            be established here, and a group is asked about as a user of it who is nobody else.

            EXAMPLES:
              coffer policy test www-data GetSecretValue prod/web/tls
              coffer policy test group:dba PutSecretValue prod/db --stage AWSPENDING
            """)

    @Argument(help: "A user's name, uid:N, group:NAME or gid:N.")
    var principal: String

    @Argument(help: "An action, such as GetSecretValue.")
    var action: String

    @Argument(help: "The secret's name.")
    var name: String

    @Option(help: ArgumentHelp("The label by which the version is asked for.", valueName: "label"))
    var stage: String?

    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let answer = try connection.daemon.call(
            "coffer.SimulatePolicy", ("Principal", .string(principal)), ("Action", .string(action)),
            ("SecretId", .string(name)), ("VersionStage", stage.map { .string($0) }))
        connection.report(answer, answer["Explanation"]?.string ?? "")
        if answer["Allowed"]?.bool != true { throw ExitCode(ExitStatus.accessDenied.rawValue) }
    }
}
