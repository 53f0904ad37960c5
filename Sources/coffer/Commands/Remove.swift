internal import ArgumentParser
internal import CofferCore

struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Schedule a secret's deletion.",
        discussion: """
            It can be restored until its recovery window has passed: 30 days unless given.

            EXAMPLES:
              coffer rm prod/db
              coffer rm prod/db --recovery-window-days 7
              coffer rm scratch/test --force         (at once, and for good)
            """)

    @Argument(help: "The secret's name or ARN.")
    var name: String

    @Option(help: ArgumentHelp("How long it can be restored, 7 to 30 days.", valueName: "days"))
    var recoveryWindowDays: Int?

    @Flag(help: "Delete it at once; it can't be restored.")
    var force = false

    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let answer = try connection.daemon.call(
            "secretsmanager.DeleteSecret", ("SecretId", .string(name)),
            ("RecoveryWindowInDays", recoveryWindowDays.map { .int($0) }),
            ("ForceDeleteWithoutRecovery", force ? true : nil))
        let date = Timestamp(answer["DeletionDate"])?.text ?? "later"
        connection.report(
            answer,
            force
                ? "\(name) is deleted"
                : "\(name) will be deleted on \(date); `coffer restore \(name)` brings it back until then")
    }
}

struct Restore: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring back a secret whose deletion is scheduled.",
        discussion: """
            EXAMPLES:
              coffer restore prod/db
            """)

    @Argument(help: "The secret's name or ARN.")
    var name: String

    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let answer = try connection.daemon.call("secretsmanager.RestoreSecret", ("SecretId", .string(name)))
        connection.report(answer, "\(name) is restored")
    }
}

struct TagCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tag",
        abstract: "Set or remove a secret's tags.",
        discussion: """
            EXAMPLES:
              coffer tag prod/db team=data tier=1
              coffer tag prod/db --remove tier
            """)

    @Argument(help: "The secret's name or ARN.")
    var name: String

    @Argument(help: "Tags, as key=value.")
    var tags: [String] = []

    @Option(help: ArgumentHelp("A tag to take away; more than once.", valueName: "key"))
    var remove: [String] = []

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if tags.isEmpty, remove.isEmpty { throw ValidationError("give key=value, or --remove key") }
    }

    func run() throws {
        let list = try Tag.list(tags)
        if !list.isEmpty {
            try connection.daemon.call(
                "secretsmanager.TagResource", ("SecretId", .string(name)), ("Tags", Tag.json(list)))
        }
        if !remove.isEmpty {
            try connection.daemon.call(
                "secretsmanager.UntagResource", ("SecretId", .string(name)),
                ("TagKeys", .array(remove.map { .string($0) })))
        }
        connection.report(.object([]), "\(name): tags changed")
    }
}
