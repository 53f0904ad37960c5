/// What a policy hangs on.
public enum PolicyScope: Sendable {
    /// One secret: a statement may leave its Resource out, and is then about that secret.
    case secret
    /// The store: each statement says which secrets it is about.
    case store
}

/// A policy as it was written: an IAM document with the principals of this machine. `docs/policies.md` tells all.
public struct PolicyDocument: Sendable {
    /// The only Version there is.
    public static let version = "2012-10-17"

    /// The text as it was given.
    public let text: String
    /// The statements, in the order of the text.
    public let statements: [PolicyStatement]

    /// Reads a policy; throws with the place of the first thing that is wrong.
    ///
    /// - Parameter scope: what the policy is meant for. A statement without Resource is refused for the store; should
    ///   one be evaluated there all the same, it never matches as an Allow, and always as a Deny.
    public init(parsing text: String, for scope: PolicyScope = .secret) throws(PolicyError) {
        self.text = text
        statements = try PolicyParser(text, scope: scope).parse()
    }

    /// Whether a statement allows something to everybody (AWS: BlockPublicPolicy refuses such a policy).
    public var isPublic: Bool { statements.contains(where: \.isPublic) }
}
