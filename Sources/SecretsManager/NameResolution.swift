internal import CofferCore
internal import Synchronization

extension SecretsManager {
    /// Resolves the users and groups that policies name anew: the user database has changed.
    ///
    /// - Returns: whom the machine doesn't know (any more), a line each.
    public func resolveNamesAgain() -> [String] {
        // As the only writer: no policy is put meanwhile.
        let warnings = writer.withLock { _ -> [String] in
            let (bearers, storePolicy) = state.withLock { state in
                (state.catalog.all.filter { $0.record.policy != nil }, state.storePolicy)
            }
            var warnings: [String] = []
            let resolved = bearers.map { secret in
                Secret(
                    record: secret.record, revision: secret.revision, tag: secret.tag,
                    policy: resolve(
                        secret.record.policy, for: .secret, of: "the policy of '\(secret.record.name)'",
                        &warnings))
            }
            let compiled = resolve(storePolicy.text, for: .store, of: "the store's policy", &warnings)
            state.withLock { state in
                for secret in resolved { state.catalog.put(secret) }
                state.storePolicy.compiled = compiled
                state.applicable = [:]
            }
            return warnings
        }
        let change = SecretChange(before: nil, after: nil, affectsAccess: true)
        for handler in listeners.withLock({ $0 }) { handler(change) }
        return warnings
    }

    private func resolve(
        _ text: String?, for scope: PolicyScope, of what: String, _ warnings: inout [String]
    ) -> CompiledPolicy? {
        // What doesn't parse any more was refused when the store was opened.
        guard let text, !text.isEmpty, let document = try? PolicyDocument(parsing: text, for: scope)
        else { return nil }
        let policy = document.resolvedLeniently(by: users)
        warnings += policy.warnings(of: what)
        return policy
    }
}

extension CompiledPolicy {
    /// Whom the policy names and the machine doesn't know, for the operator.
    func warnings(of what: String) -> [String] {
        unresolved.map { "\(what) names \($0.argument), whom this machine doesn't know any more" }
    }
}
