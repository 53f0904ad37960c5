/// The answer to whether something is so, where it may be that it can't be established. Source: Kleene's logic.
enum Truth: UInt8, Comparable, Sendable {
    case no, unknown, yes

    init(_ value: Bool) { self = value ? .yes : .no }

    /// The opposite; what is unknown stays so.
    var inverted: Truth {
        switch self {
        case .no: .yes
        case .unknown: .unknown
        case .yes: .no
        }
    }

    static func < (left: Truth, right: Truth) -> Bool { left.rawValue < right.rawValue }
}
