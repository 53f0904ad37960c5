internal import ArgumentParser
internal import CofferCore

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show how the daemon is.",
        discussion: """
            EXAMPLES:
              coffer status
              coffer status --json
            """)

    /// The members that people get to see by other words.
    private static let words = [
        "ProcessId": "process", "StartedDate": "started", "AuditSequence": "audit records",
        "GuardedBytes": "guarded memory", "ValueLimitBytes": "value limit", "OwnerUID": "owner",
    ]

    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let status = try connection.daemon.status()
        let fields = (status.object ?? []).map { member in
            (
                name: Self.words[member.name] ?? Self.spaced(member.name),
                value: Self.value(member, connection.output)
            )
        }
        connection.report(status, connection.output.fields(fields))
    }

    private static func value(_ member: JSONMember, _ output: Output) -> String {
        switch member.name {
        case "StartedDate": Timestamp(member.value).map(output.relative) ?? ""
        case "GuardedBytes", "ValueLimitBytes": size(member.value.int ?? 0)
        case "OwnerUID": "UID \(member.value.text)"
        default:
            switch member.value {
            case .bool(let flag): flag ? "yes" : "no"
            case .string(let text): text
            case .null, .number, .array, .object: member.value.text
            }
        }
    }

    private static func size(_ bytes: Int64) -> String {
        bytes < 10_240 ? "\(bytes) bytes" : "\(bytes / 1024) KiB"
    }

    /// `MountPoint` as `mount point`.
    private static func spaced(_ name: String) -> String {
        var words = ""
        for character in name {
            if character.isUppercase, !words.isEmpty { words += " " }
            words += character.lowercased()
        }
        return words
    }
}
