/// Which policy a statement stands in.
public enum PolicySource: Sendable {
    case store, secret
}

/// The statement that decided.
public struct StatementReference: Equatable, Sendable {
    /// Which policy it stands in.
    public var source: PolicySource
    /// Its place in the policy, counted from 0.
    public var index: Int
    /// Its name, if it has one.
    public var sid: String?
    /// The line of the policy on which it begins, counted from 1.
    public var line: Int

    public init(source: PolicySource, index: Int, sid: String?, line: Int) {
        self.source = source
        self.index = index
        self.sid = sid
        self.line = line
    }

    /// The statement for people: `statement 2 ("WebReads", line 12) of the store's policy`.
    public var words: String {
        let name = sid.map { "\"\($0)\", " } ?? ""
        return
            "statement \(index + 1) (\(name)line \(line)) of the \(source == .store ? "store" : "secret")'s policy"
    }
}

/// What the policies say to a request.
public enum Decision: Equatable, Sendable {
    /// A statement allows it, and none denies it.
    case allowed(by: StatementReference)
    /// No statement says anything, and the owner of the store asks. The evaluator never says so: who the owner is, is for
    /// its caller to know.
    case allowedAsOwner
    /// A statement denies it, whatever the others say.
    case denied(by: StatementReference)
    /// No statement allows it.
    case notAllowed

    /// Whether it may be done.
    public var isAllowed: Bool {
        switch self {
        case .allowed, .allowedAsOwner: true
        case .denied, .notAllowed: false
        }
    }

    /// The decision for people.
    public var words: String {
        switch self {
        case .allowed(let statement): "allowed by \(statement.words)"
        case .allowedAsOwner: "allowed, because no statement denies it to the owner of the store"
        case .denied(let statement): "denied by \(statement.words)"
        case .notAllowed: "not allowed: no statement allows it"
        }
    }
}
