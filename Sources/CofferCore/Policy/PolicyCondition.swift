/// One condition of a statement: an operator, a key of the request, and the values to compare it with.
public struct PolicyCondition: Sendable {
    /// The operator, without IfExists.
    public let comparison: ConditionOperator
    /// Whether the condition is also met by a request that has no such key (IfExists).
    public let ifExists: Bool
    /// What of the request is compared.
    public let key: ConditionKey
    /// The values as they were written.
    public let values: [String]
    /// The values, ready to be compared.
    let test: ConditionTest
}

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

/// How a condition compares. Source: IAM, "condition operators".
public enum ConditionOperator: String, CaseIterable, Sendable {
    case stringEquals = "StringEquals"
    case stringNotEquals = "StringNotEquals"
    case stringLike = "StringLike"
    case stringNotLike = "StringNotLike"
    case numericEquals = "NumericEquals"
    case numericNotEquals = "NumericNotEquals"
    case numericLessThan = "NumericLessThan"
    case numericLessThanEquals = "NumericLessThanEquals"
    case numericGreaterThan = "NumericGreaterThan"
    case numericGreaterThanEquals = "NumericGreaterThanEquals"
    case dateEquals = "DateEquals"
    case dateNotEquals = "DateNotEquals"
    case dateLessThan = "DateLessThan"
    case dateLessThanEquals = "DateLessThanEquals"
    case dateGreaterThan = "DateGreaterThan"
    case dateGreaterThanEquals = "DateGreaterThanEquals"
    case bool = "Bool"
    case null = "Null"

    /// What kind of values it compares.
    enum Family: Hashable, Sendable {
        case string, pattern, number, date, bool, null
    }

    var family: Family {
        switch self {
        case .stringEquals, .stringNotEquals: .string
        case .stringLike, .stringNotLike: .pattern
        case .numericEquals, .numericNotEquals, .numericLessThan, .numericLessThanEquals, .numericGreaterThan,
            .numericGreaterThanEquals:
            .number
        case .dateEquals, .dateNotEquals, .dateLessThan, .dateLessThanEquals, .dateGreaterThan,
            .dateGreaterThanEquals:
            .date
        case .bool: .bool
        case .null: .null
        }
    }

    /// Whether it is met where none of the values fits, and by a request without the key.
    var isNegated: Bool {
        switch self {
        case .stringNotEquals, .stringNotLike, .numericNotEquals, .dateNotEquals: true
        case .stringEquals, .stringLike, .numericEquals, .numericLessThan, .numericLessThanEquals,
            .numericGreaterThan, .numericGreaterThanEquals, .dateEquals, .dateLessThan, .dateLessThanEquals,
            .dateGreaterThan, .dateGreaterThanEquals, .bool, .null:
            false
        }
    }

    /// Compares a number or a time with one of the values; a negated operator compares as its opposite.
    func holds<Number: Comparable>(_ left: Number, _ right: Number) -> Bool {
        switch self {
        case .numericLessThan, .dateLessThan: left < right
        case .numericLessThanEquals, .dateLessThanEquals: left <= right
        case .numericGreaterThan, .dateGreaterThan: left > right
        case .numericGreaterThanEquals, .dateGreaterThanEquals: left >= right
        case .numericEquals, .numericNotEquals, .dateEquals, .dateNotEquals, .stringEquals, .stringNotEquals,
            .stringLike, .stringNotLike, .bool, .null:
            left == right
        }
    }
}
