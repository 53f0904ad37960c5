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
