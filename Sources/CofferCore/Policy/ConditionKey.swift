/// What of a request a condition is about.
public enum ConditionKey: Hashable, Sendable {
    case versionStage
    case resourceTag(String)
    case currentTime
    case epochTime
    case executable
    case cgroup
    case via
    case uid

    /// The keys as people write them.
    public static let names = [
        "coffer:VersionStage", "secretsmanager:VersionStage", "secretsmanager:ResourceTag/KEY",
        "aws:ResourceTag/KEY", "aws:CurrentTime", "aws:EpochTime", "coffer:Executable", "coffer:Cgroup",
        "coffer:Via", "coffer:UID",
    ]

    /// Reads a key; its name in any case, a tag's key exactly.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts[0].lowercased()
        if parts.count == 2 {
            guard name == "secretsmanager:resourcetag" || name == "aws:resourcetag", !parts[1].isEmpty else {
                return nil
            }
            self = .resourceTag(String(parts[1]))
            return
        }
        switch name {
        case "coffer:versionstage", "secretsmanager:versionstage": self = .versionStage
        case "aws:currenttime": self = .currentTime
        case "aws:epochtime": self = .epochTime
        case "coffer:executable": self = .executable
        case "coffer:cgroup": self = .cgroup
        case "coffer:via": self = .via
        case "coffer:uid": self = .uid
        default: return nil
        }
    }

    /// The key as people write it.
    public var name: String {
        switch self {
        case .versionStage: "coffer:VersionStage"
        case .resourceTag(let key): "aws:ResourceTag/\(key)"
        case .currentTime: "aws:CurrentTime"
        case .epochTime: "aws:EpochTime"
        case .executable: "coffer:Executable"
        case .cgroup: "coffer:Cgroup"
        case .via: "coffer:Via"
        case .uid: "coffer:UID"
        }
    }

    /// Whether asking for it means looking at the caller's process.
    var isFact: Bool { self == .executable || self == .cgroup }

    /// The kinds of operators that make sense for it.
    var families: Set<ConditionOperator.Family> {
        switch self {
        case .versionStage, .executable, .cgroup, .via: [.string, .pattern]
        case .resourceTag: [.string, .pattern, .number, .date, .bool]
        case .currentTime: [.date]
        case .epochTime: [.date, .number]
        case .uid: [.number]
        }
    }
}
