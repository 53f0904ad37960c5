/// What a statement does where it applies.
public enum PolicyEffect: String, Sendable {
    case allow = "Allow"
    case deny = "Deny"
}

/// The Resource or NotResource of a statement.
public struct ResourceMatch: Sendable {
    /// Patterns over the names of secrets.
    public let patterns: [WildcardPattern]
    /// Whether it stands for every other name (NotResource).
    public let isNegated: Bool

    /// Whether a name is meant.
    public func matches(_ name: String) -> Bool { patterns.contains { $0.matches(name) } != isNegated }

    /// Whether every name is meant.
    var isEverything: Bool { !isNegated && patterns.contains(where: \.isEverything) }
}

/// One statement of a policy, as it was written; names are not resolved yet.
public struct PolicyStatement: Sendable {
    /// The statement's name (Sid), if it has one.
    public let sid: String?
    /// What the statement does where it applies.
    public let effect: PolicyEffect
    /// Whom it is about.
    public let principals: PrincipalMatch
    /// The actions that it is about: wildcards and NotAction are expanded.
    public let actions: ActionSet
    /// The secrets that it is about; nil where it says nothing of them: the secret that the policy hangs on.
    public let resources: ResourceMatch?
    /// All of them must be met.
    public let conditions: [PolicyCondition]
    /// The line on which the statement begins, counted from 1.
    public let line: Int

    /// Whether the statement allows something to everybody, or to everybody but a few: AWS calls that public access.
    public var isPublic: Bool {
        effect == .allow && (principals.isNegated || principals.principals.contains(.any))
    }
}
