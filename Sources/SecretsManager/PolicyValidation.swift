public import CofferCore

/// Something that speaks against a policy. AWS: ValidationErrorsEntry.
public struct PolicyProblem: Sendable, Equatable {
    /// Which check found it: `syntax`, `broad-access` or `lockout`.
    public let check: String
    /// What is wrong and what to do, for people.
    public let message: String
}

extension SecretsManager {
    /// Checks a policy without putting it: that it parses and its names are known, that it doesn't allow everybody
    /// something, and that it leaves the caller the right to change it. AWS operation: ValidateResourcePolicy.
    public func validatePolicy(
        _ caller: Caller, _ text: String, at place: PolicyPlace
    ) throws(ServiceError) -> [PolicyProblem] {
        let request = request(from: caller)
        var details = AuditDetails()
        if case .secret(let name) = place { details.secretID = name.text }
        return try read(AuditedEvent(.validateResourcePolicy), by: request, &details) {
            _ throws(ServiceError) in
            let target: Target
            switch place {
            case .store:
                try authorize(.validateResourcePolicy, by: request)
                target = Target(name: "*")
            case .secret(let name):
                guard let secret = secret(named: name) else { throw Self.notFound(name.text) }
                try authorize(.validateResourcePolicy, on: secret, by: request)
                target = self.target(secret, stage: nil)
            }
            return problems(of: text, at: place, on: target, by: request)
        }
    }

    private func problems(
        of text: String, at place: PolicyPlace, on target: Target, by request: Request
    ) -> [PolicyProblem] {
        let policy: CompiledPolicy
        var problems: [PolicyProblem] = []
        do {
            let document = try PolicyDocument(parsing: text, for: place == .store ? .store : .secret)
            policy = try document.resolved(by: users)
            if document.isPublic {
                problems.append(
                    PolicyProblem(
                        check: "broad-access",
                        message:
                            "a statement allows everybody something; name users or groups as its Principal"))
            }
        } catch {
            return [PolicyProblem(check: "syntax", message: error.message)]
        }
        var target = target
        let action: Action
        switch place {
        case .store:
            target.storeStatements = policy.statements
            action = .putStorePolicy
        case .secret:
            target.ownPolicy = policy
            action = .putResourcePolicy
        }
        if !isOwner(request.caller), !decide(action, on: target, by: request).isAllowed {
            problems.append(
                PolicyProblem(
                    check: "lockout",
                    message: "with this policy you could not change it again; allow yourself \(action.name)"))
        }
        return problems
    }
}
