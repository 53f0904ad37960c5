/// A policy with its names resolved: what requests are decided by.
public struct CompiledPolicy: Sendable {
    /// The statements, in the order of the document.
    public let statements: [CompiledStatement]
    /// The users and groups that the machine doesn't know (any more), as commands write them: `user:bob`.
    public let unresolved: [PolicyPrincipal]

    /// The statements that may be about a secret of this name, made ready to be asked about no other.
    public func applicable(to name: SecretName) -> [CompiledStatement] {
        statements.compactMap { $0.applied(to: name.text) }
    }
}

/// A statement with its names resolved.
///
/// It holds one reference, so that walking over a list of them costs one count each.
public struct CompiledStatement: Sendable {
    let rule: Rule
    /// Whether it was found before that the resource matches.
    private let isApplied: Bool

    final class Rule: Sendable {
        let statement: PolicyStatement
        let index: Int
        let actions: ActionSet
        let isDeny: Bool
        let principals: CompiledPrincipals
        let isAboutEverything: Bool
        let conditions: [PolicyCondition]

        init(_ statement: PolicyStatement, index: Int, principals: CompiledPrincipals) {
            self.statement = statement
            self.index = index
            self.principals = principals
            actions = statement.actions
            isDeny = statement.effect == .deny
            isAboutEverything = statement.resources?.isEverything ?? false
            conditions = statement.conditions
        }
    }

    init(_ rule: Rule, isApplied: Bool = false) {
        self.rule = rule
        self.isApplied = isApplied
    }

    /// The statement as it was written.
    public var statement: PolicyStatement { rule.statement }

    /// Whether a resource is meant. Without a Resource it is the secret that the policy hangs on; in the store's policy
    /// that can't be established.
    func truth(forResource name: String, in source: PolicySource) -> Truth {
        if isApplied || rule.isAboutEverything { return .yes }
        guard let resources = rule.statement.resources else { return source == .secret ? .yes : .unknown }
        return Truth(resources.matches(name))
    }

    /// Whether whichever secret is asked about is meant.
    func isAboutAnySecret(in source: PolicySource) -> Bool {
        isApplied || rule.isAboutEverything || rule.statement.resources == nil && source == .secret
    }

    fileprivate func applied(to name: String) -> CompiledStatement? {
        switch truth(forResource: name, in: .store) {
        case .no: nil
        case .unknown: self
        case .yes: CompiledStatement(rule, isApplied: true)
        }
    }
}

/// The principals of a statement, as numbers.
struct CompiledPrincipals: Sendable {
    var isAny = false
    var uids: [UInt32] = []
    var gids: [UInt32] = []
    var isNegated = false
    /// Whether a name could not be resolved, so that it can't be established who is left out by a negation.
    var hasUnresolved = false

    /// Whether the caller is meant, as far as that is known without the supplementary groups; nil where it turns on them.
    func truthWithoutGroups(uid: UInt32, gid: UInt32) -> Truth? {
        if isAny || uids.contains(uid) || gids.contains(gid) { return signed(.yes) }
        guard gids.isEmpty else { return nil }
        return others
    }

    /// Whether a caller whom `truthWithoutGroups` left open is meant.
    func truth(forGroups groups: [UInt32]?) -> Truth {
        guard let groups else { return .unknown }
        if groups.contains(where: gids.contains) { return signed(.yes) }
        return others
    }

    /// Whether somebody is meant whom no name or number fits.
    private var others: Truth { isNegated ? (hasUnresolved ? .unknown : .yes) : .no }

    private func signed(_ truth: Truth) -> Truth { isNegated ? truth.inverted : truth }
}

extension PolicyDocument {
    /// The users and groups that the document names, and who else it is about.
    public var principals: Set<PolicyPrincipal> { Set(statements.flatMap { $0.principals.principals }) }

    /// Resolves the names of users and groups; throws at the first that the machine doesn't know.
    ///
    /// - Parameter tolerated: those of the document before: a user who was removed since must not stand in the way of
    ///   another change.
    public func resolved(
        by resolver: some PrincipalResolver, tolerating tolerated: Set<PolicyPrincipal> = []
    ) throws(PolicyError) -> CompiledPolicy {
        for statement in statements {
            for (principal, position) in zip(statement.principals.principals, statement.principals.positions)
            where !tolerated.contains(principal) {
                let reason: PolicyError.Reason
                switch principal {
                case .user(let name) where resolver.uid(ofUser: name) == nil: reason = .unknownUser(name)
                case .group(let name) where resolver.gid(ofGroup: name) == nil: reason = .unknownGroup(name)
                case .any, .user, .uid, .group, .gid: continue
                }
                throw PolicyError(line: position.line, column: position.column, reason: reason)
            }
        }
        return resolvedLeniently(by: resolver)
    }

    /// Resolves the names of users and groups, for a document that was accepted earlier.
    ///
    /// A name that the machine doesn't know (any more) means nobody: a user who was removed must not lock out the others
    /// by a Deny. Behind NotPrincipal it can't be established who is meant, so that an Allow to all others allows nobody.
    /// `unresolved` tells of it.
    public func resolvedLeniently(by resolver: some PrincipalResolver) -> CompiledPolicy {
        var unresolved: [PolicyPrincipal] = []
        let compiled = statements.enumerated().map { index, statement in
            var principals = CompiledPrincipals()
            principals.isNegated = statement.principals.isNegated
            for principal in statement.principals.principals {
                switch principal {
                case .any: principals.isAny = true
                case .uid(let number): principals.uids.append(number)
                case .gid(let number): principals.gids.append(number)
                case .user(let name):
                    if let number = resolver.uid(ofUser: name) {
                        principals.uids.append(number)
                    } else {
                        principals.hasUnresolved = true
                        unresolved.append(principal)
                    }
                case .group(let name):
                    if let number = resolver.gid(ofGroup: name) {
                        principals.gids.append(number)
                    } else {
                        principals.hasUnresolved = true
                        unresolved.append(principal)
                    }
                }
            }
            return CompiledStatement(CompiledStatement.Rule(statement, index: index, principals: principals))
        }
        return CompiledPolicy(statements: compiled, unresolved: unresolved)
    }
}
