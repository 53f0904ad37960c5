/// Why the policies say what they say to a request: for `coffer policy test`.
public struct PolicyExplanation: Sendable {
    /// What one statement has to do with the request.
    public enum Outcome: Equatable, Sendable {
        /// It matches.
        case applies
        /// It matches as a Deny because this can't be established.
        case appliesForLack(of: String)
        /// It would match, but for this, which can't be established.
        case notEstablished(String)
        case otherAction
        case otherPrincipal
        case otherResource
        /// This condition is not met.
        case conditionNotMet(String)
    }

    /// What was decided.
    public let decision: Decision
    /// Each statement with what it has to do with the request: the store's first.
    public let statements: [(statement: StatementReference, effect: PolicyEffect, outcome: Outcome)]

    /// The explanation for people: the decision first, then a line for each statement that is about the action.
    public var lines: [String] {
        [decision.words]
            + statements.filter { $0.outcome != .otherAction }.map {
                "\($0.effect.rawValue): \($0.statement.words) \($0.outcome.words)"
            }
    }
}

extension PolicyExplanation.Outcome {
    /// The rest of a sentence that begins with the statement.
    public var words: String {
        switch self {
        case .applies: "applies"
        case .appliesForLack(let what): "applies, because \(what) can't be established"
        case .notEstablished(let what): "doesn't apply, because \(what) can't be established"
        case .otherAction: "is about other actions"
        case .otherPrincipal: "is about other callers"
        case .otherResource: "is about other secrets"
        case .conditionNotMet(let condition): "doesn't apply, because its condition \(condition) is not met"
        }
    }
}

extension PolicyEvaluator {
    /// Decides a request as `decide` does, and tells of every statement why it applies or doesn't.
    public static func explain(
        _ request: borrowing PolicyRequest, store: [CompiledStatement], secret: [CompiledStatement]
    ) -> PolicyExplanation {
        var statements:
            [(statement: StatementReference, effect: PolicyEffect, outcome: PolicyExplanation.Outcome)] = []
        for statement in store {
            statements.append(
                (
                    statement.reference(in: .store), statement.statement.effect,
                    statement.outcome(for: request, in: .store)
                ))
        }
        for statement in secret {
            statements.append(
                (
                    statement.reference(in: .secret), statement.statement.effect,
                    statement.outcome(for: request, in: .secret)
                ))
        }
        return PolicyExplanation(
            decision: decide(request, store: store, secret: secret), statements: statements)
    }
}

extension CompiledStatement {
    fileprivate func outcome(
        for request: borrowing PolicyRequest, in source: PolicySource
    ) -> PolicyExplanation.Outcome {
        guard rule.actions.contains(request.action) else { return .otherAction }
        var lacking: String?
        let quick = rule.principals.truthWithoutGroups(uid: request.uid, gid: request.gid)
        switch quick ?? rule.principals.truth(forGroups: request.facts.groups()) {
        case .no: return .otherPrincipal
        case .unknown:
            lacking =
                quick == nil && request.facts.groups() == nil
                ? "the caller's groups" : "whom its Principal means"
        case .yes: break
        }
        switch truth(forResource: request.resource, in: source) {
        case .no: return .otherResource
        case .unknown: lacking = lacking ?? "which secret it is about (it has no Resource)"
        case .yes: break
        }
        for condition in rule.conditions {
            switch condition.truth(for: request) {
            case .no: return .conditionNotMet(condition.words)
            case .unknown: lacking = lacking ?? condition.key.name
            case .yes: break
            }
        }
        guard let lacking else { return .applies }
        return rule.isDeny ? .appliesForLack(of: lacking) : .notEstablished(lacking)
    }
}

extension PolicyCondition {
    /// The condition for people: `StringEquals coffer:VersionStage AWSCURRENT`.
    public var words: String {
        "\(comparison.rawValue)\(ifExists ? "IfExists" : "") \(key.name) \(values.joined(separator: " or "))"
    }
}
