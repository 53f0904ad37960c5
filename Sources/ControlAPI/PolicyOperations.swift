internal import CofferCore
internal import SecretsManager

extension ControlAPI {
    /// AWS operation: GetResourcePolicy.
    func getResourcePolicy(_ call: Call) throws(APIError) -> JSONValue {
        let name = try secretID(call)
        let text = try service { () throws(ServiceError) in
            try manager.policy(call.caller, at: .secret(name))
        }
        return .object(
            identity(name) + [text.map { JSONMember("ResourcePolicy", .string($0)) }].compactMap(\.self))
    }

    /// AWS operation: PutResourcePolicy.
    func putResourcePolicy(_ call: Call) throws(APIError) -> JSONValue {
        let name = try secretID(call)
        try putPolicy(call, "ResourcePolicy", at: .secret(name))
        return .object(identity(name))
    }

    /// AWS operation: DeleteResourcePolicy.
    func deleteResourcePolicy(_ call: Call) throws(APIError) -> JSONValue {
        let name = try secretID(call)
        try service { () throws(ServiceError) in try manager.deletePolicy(call.caller, at: .secret(name)) }
        return .object(identity(name))
    }

    /// AWS operation: ValidateResourcePolicy; without SecretId, a policy for the store.
    func validateResourcePolicy(_ call: Call) throws(APIError) -> JSONValue {
        let place: PolicyPlace = call.parameters.has("SecretId") ? .secret(try secretID(call)) : .store
        let text = try call.parameters.requiredText("ResourcePolicy")
        let problems = try service { () throws(ServiceError) in
            try manager.validatePolicy(call.caller, text, at: place)
        }
        return .members(
            ("PolicyValidationPassed", .bool(problems.isEmpty)),
            (
                "ValidationErrors",
                .array(
                    problems.map {
                        .members(("CheckName", .string($0.check)), ("ErrorMessage", .string($0.message)))
                    })
            ))
    }

    func getStorePolicy(_ call: Call) throws(APIError) -> JSONValue {
        let text = try service { () throws(ServiceError) in try manager.policy(call.caller, at: .store) }
        return .members(("StorePolicy", text.map { .string($0) }))
    }

    func putStorePolicy(_ call: Call) throws(APIError) -> JSONValue {
        try putPolicy(call, "StorePolicy", at: .store)
        return .object([])
    }

    func deleteStorePolicy(_ call: Call) throws(APIError) -> JSONValue {
        try service { () throws(ServiceError) in try manager.deletePolicy(call.caller, at: .store) }
        return .object([])
    }

    private func putPolicy(_ call: Call, _ parameter: String, at place: PolicyPlace) throws(APIError) {
        let text = try call.parameters.requiredText(parameter)
        let blocksPublic = try call.parameters.flag("BlockPublicPolicy")
        guard !text.isEmpty else {
            throw .service(.malformedPolicyDocument("\(parameter) is empty; delete the policy to have none"))
        }
        try service { () throws(ServiceError) in
            try manager.putPolicy(call.caller, text, at: place, blocksPublic: blocksPublic)
        }
    }

    /// Adds a statement: for `coffer allow` and `coffer deny`.
    func addStatement(_ call: Call) throws(APIError) -> JSONValue {
        let parameters = call.parameters
        let place: PolicyPlace = parameters.has("SecretId") ? .secret(try secretID(call)) : .store
        let effectText = try parameters.requiredText("Effect")
        guard let effect = PolicyEffect(rawValue: effectText) else {
            throw .invalidParameter("Effect is Allow or Deny; '\(effectText)' is not")
        }
        guard let principals = try parameters.texts("Principals"), !principals.isEmpty else {
            throw .invalidParameter("give Principals: \(PolicyPrincipal.rule)")
        }
        guard let actions = try parameters.texts("Actions"), !actions.isEmpty else {
            throw .invalidParameter("give Actions, such as secretsmanager:GetSecretValue")
        }
        let resources = try parameters.texts("Resources") ?? []
        guard place != .store || !resources.isEmpty else {
            throw .invalidParameter("give Resources: the names of secrets, with * and ? as wildcards")
        }
        let draft = StatementDraft(
            effect, try principals.map(Self.principal), try actions.map(Self.action), on: resources,
            sid: try parameters.text("Sid"))
        try service { () throws(ServiceError) in try manager.addStatement(call.caller, draft, at: place) }
        return .object([])
    }

    /// Asks who may do what: for `coffer policy test`.
    func simulatePolicy(_ call: Call) throws(APIError) -> JSONValue {
        let name = try secretID(call)
        let subject = try Subject(try Self.principal(try call.parameters.requiredText("Principal")))
        let action = try Self.action(try call.parameters.requiredText("Action"))
        let stage = try call.parameters.label("VersionStage")
        let decision = try service { () throws(ServiceError) in
            try manager.simulatePolicy(call.caller, of: subject.caller, action, on: name, stage: stage)
        }
        let statement: StatementReference? =
            switch decision {
            case .allowed(let statement), .denied(let statement): statement
            case .allowedAsOwner, .notAllowed: nil
            }
        return .members(
            ("Allowed", .bool(decision.isAllowed)), ("Decision", .string(decision.name)),
            ("Explanation", .string(decision.words)),
            (
                "Statement",
                statement.map {
                    .members(
                        ("Policy", $0.source == .store ? "store" : "secret"), ("Index", .int($0.index)),
                        ("Sid", $0.sid.map { .string($0) }), ("Line", .int($0.line)))
                }
            ))
    }

    private static func principal(_ text: String) throws(APIError) -> PolicyPrincipal {
        guard let principal = PolicyPrincipal(argument: text) else {
            throw .invalidParameter("'\(text)' is no principal: \(PolicyPrincipal.rule)")
        }
        return principal
    }

    /// An action by its name; without a service it is AWS's Secrets Manager's.
    private static func action(_ text: String) throws(APIError) -> Action {
        let wanted = text.contains(":") ? text : "secretsmanager:" + text
        guard let action = Action.allCases.first(where: { $0.name.lowercased() == wanted.lowercased() })
        else {
            throw .invalidParameter(
                "'\(text)' is no action; docs/policies.md lists them, such as secretsmanager:GetSecretValue")
        }
        return action
    }
}

extension Decision {
    /// The decision in IAM's words (EvalDecision).
    fileprivate var name: String {
        switch self {
        case .allowed, .allowedAsOwner: "allowed"
        case .denied: "explicitDeny"
        case .notAllowed: "implicitDeny"
        }
    }
}
