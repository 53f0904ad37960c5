/// Decides requests: nothing is allowed by default, one Allow suffices, and one Deny wins over all of them.
///
/// What can't be established never matches an Allow, and always matches a Deny. The common paths allocate nothing.
public enum PolicyEvaluator {
    /// Decides a request.
    ///
    /// - Parameters:
    ///   - store: the store policy's statements: all of them, or those that `CompiledPolicy.applicable(to:)` found for the
    ///     secret of this very request.
    ///   - secret: the statements of the secret's own policy.
    public static func decide(
        _ request: borrowing PolicyRequest, store: [CompiledStatement], secret: [CompiledStatement]
    ) -> Decision {
        if let statement = first(.deny, for: request, in: store, .store)
            ?? first(.deny, for: request, in: secret, .secret)
        {
            return .denied(by: statement)
        }
        if let statement = first(.allow, for: request, in: store, .store)
            ?? first(.allow, for: request, in: secret, .secret)
        {
            return .allowed(by: statement)
        }
        return .notAllowed
    }

    /// Whether everybody may do something with a secret at any time, whoever asks: some statement allows it to `*`
    /// without a condition, and none that is about the action denies anything. It errs on the side of no.
    ///
    /// - Parameter store: those statements that `CompiledPolicy.applicable(to:)` found for the secret.
    public static func isAllowedToEveryone(
        _ action: Action, store: [CompiledStatement], secret: [CompiledStatement]
    ) -> Bool {
        var isAllowed = false
        for (source, statements) in [(PolicySource.store, store), (.secret, secret)] {
            for statement in statements where statement.rule.actions.contains(action) {
                if statement.rule.isDeny { return false }
                if statement.rule.principals.isAny, statement.rule.conditions.isEmpty,
                    statement.isAboutAnySecret(in: source)
                {
                    isAllowed = true
                }
            }
        }
        return isAllowed
    }

    private static func first(
        _ effect: PolicyEffect, for request: borrowing PolicyRequest, in statements: [CompiledStatement],
        _ source: PolicySource
    ) -> StatementReference? {
        let isDeny = effect == .deny
        for statement in statements {
            let rule = statement.rule
            guard rule.isDeny == isDeny, rule.actions.contains(request.action) else { continue }
            if statement.matches(request, in: source, enough: isDeny ? .unknown : .yes) {
                return statement.reference(in: source)
            }
        }
        return nil
    }
}

extension CompiledStatement {
    /// Whether every part of the statement matches the request at least so surely: `.yes` for an Allow, `.unknown` for a
    /// Deny. The caller has seen to the action. What must be looked up is asked for last.
    fileprivate func matches(
        _ request: borrowing PolicyRequest, in source: PolicySource, enough: Truth
    ) -> Bool {
        let caller = rule.principals.truthWithoutGroups(uid: request.uid, gid: request.gid)
        if let caller, caller < enough { return false }
        guard truth(forResource: request.resource, in: source) >= enough else { return false }
        for condition in rule.conditions where condition.truth(for: request) < enough { return false }
        return caller != nil || rule.principals.truth(forGroups: request.facts.groups()) >= enough
    }

    func reference(in source: PolicySource) -> StatementReference {
        StatementReference(
            source: source, index: rule.index, sid: rule.statement.sid, line: rule.statement.line)
    }
}
