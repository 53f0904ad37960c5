internal import ArgumentParser
internal import CofferCore
internal import SecretsManager

/// How a secret's files are shown and read, as `coffer put` and `coffer chattr` take it.
struct FileSettingsOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Show the files as owned by this user (a name or a number).", valueName: "user"))
    var owner: String?

    @Option(help: ArgumentHelp("Show the files as this group's (a name or a number).", valueName: "group"))
    var group: String?

    @Option(help: ArgumentHelp("Show the files with this mode, such as 0640.", valueName: "mode"))
    var mode: String?

    @Flag(
        inversion: .prefixedNo,
        help: "Decide each read anew; mappings, sendfile and splice are refused.")
    var strict: Bool?

    func validate() throws {
        if let mode, FileSettings.mode(mode) == nil {
            throw ValidationError("'\(mode)' can't be the mode of a secret's files: \(FileSettings.modeRule)")
        }
    }

    /// The message's member; nil where nothing was asked for.
    func json(isDefault: Bool = false) -> JSONValue? {
        let change = JSONValue.members(
            ("Default", isDefault ? .some(true) : .none), ("Owner", owner.map { .string($0) }),
            ("Group", group.map { .string($0) }), ("Mode", mode.map { .string($0) }),
            ("Strict", strict.map { .bool($0) }))
        return change.object?.isEmpty == true ? nil : change
    }
}

struct Chattr: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Fix the owner, group and mode that a secret's files show, or make it strict.",
        discussion: """
            By default each caller who may read a file sees it as their own, mode 0400 (0600 where they may write): that \
            is what ssh, PostgreSQL and others ask of a key. A fixed owner, group or mode is shown instead, to all who may \
            read or write it. The policy alone decides who may open it.

            A strict secret is decided anew at each read: not through a descriptor that another user handed on, and not \
            after the policy was withdrawn. It can't be mapped, nor sent by sendfile.

            EXAMPLES:
              coffer chattr prod/tls --owner root --group ssl-cert --mode 0640
              coffer chattr prod/tls --default       (the caller's own again)
              coffer chattr prod/root-key --strict
              coffer chattr prod/root-key --no-strict
            """)

    @Argument(help: "The secret's name or ARN.")
    var name: String

    @OptionGroup var settings: FileSettingsOptions

    @Flag(name: .customLong("default"), help: "First show the caller's own again; strictness stays.")
    var isDefault = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard settings.json(isDefault: isDefault) != nil else {
            throw ValidationError(
                "say what to change: --owner, --group, --mode, --strict, --no-strict or --default; `coffer describe \(name)` shows what is"
            )
        }
    }

    func run() throws {
        let answer = try connection.daemon.call(
            "coffer.PutFileSettings", ("SecretId", .string(name)),
            ("FileSettings", settings.json(isDefault: isDefault)))
        connection.report(answer, "\(name): \(Self.words(answer["FileSettings"]))")
    }

    /// The settings in words: "owner root (0), mode 0640; strict".
    static func words(_ settings: JSONValue?) -> String {
        var parts: [String] = []
        if let uid = settings?["Owner"]?.int { parts.append("owner \(AccountName.user(UInt32(uid)))") }
        if let gid = settings?["Group"]?.int { parts.append("group \(AccountName.group(UInt32(gid)))") }
        if let mode = settings?["Mode"]?.string { parts.append("mode \(mode)") }
        let shown = parts.isEmpty ? "shown as the caller's own" : parts.joined(separator: ", ")
        return settings?["Strict"]?.bool == true ? shown + "; strict" : shown
    }
}
