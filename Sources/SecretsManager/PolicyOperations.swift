public import CofferCore
internal import Synchronization

/// Where a policy hangs.
public enum PolicyPlace: Sendable, Equatable {
    /// On one secret: its resource policy.
    case secret(SecretName)
    /// On the store: for every secret that its statements' Resource matches.
    case store
}

extension SecretsManager {
    /// The longest policy, in characters. AWS: quota.
    private static let policyLimit = 20_480

    /// A policy's text as it was put; nil where there is none. AWS operation: GetResourcePolicy.
    public func policy(_ caller: Caller, at place: PolicyPlace) throws(ServiceError) -> String? {
        let request = request(from: caller)
        var details = AuditDetails(secretID: place.secretName?.text)
        let action: Action = place == .store ? .getStorePolicy : .getResourcePolicy
        return try read(AuditedEvent(action), by: request, &details) { _ throws(ServiceError) in
            switch place {
            case .store:
                try authorize(action, by: request)
                let text = state.withLock { $0.storePolicy.text }
                return text.isEmpty ? nil : text
            case .secret(let name):
                guard let secret = secret(named: name) else { throw Self.notFound(name.text) }
                try authorize(action, on: secret, by: request)
                return secret.record.policy
            }
        }
    }

    /// Puts a policy, in the place of the one before. It must parse, and its names must be known.
    ///
    /// AWS operation: PutResourcePolicy.
    /// - Parameter blocksPublic: refuse a policy that allows everybody something (AWS: BlockPublicPolicy).
    public func putPolicy(
        _ caller: Caller, _ text: String, at place: PolicyPlace, blocksPublic: Bool = false
    ) throws(ServiceError) {
        try changePolicy(caller, place.putAction, at: place) { _ throws(ServiceError) in
            if blocksPublic, try parse(text, for: place.scope).isPublic {
                throw .publicPolicy(
                    "this policy allows everybody something, and BlockPublicPolicy was asked for; name the principals"
                )
            }
            return text
        }
    }

    /// Takes a policy away. AWS operation: DeleteResourcePolicy.
    public func deletePolicy(_ caller: Caller, at place: PolicyPlace) throws(ServiceError) {
        try changePolicy(caller, place.deleteAction, at: place) { _ in nil }
    }

    /// Adds a statement to the policy that is there, in one step. For `coffer allow` and `coffer deny`.
    public func addStatement(
        _ caller: Caller, _ statement: StatementDraft, at place: PolicyPlace
    ) throws(ServiceError) {
        try changePolicy(caller, place.putAction, at: place) { text throws(ServiceError) in
            do throws(PolicyError) {
                return try PolicyDocument.adding(statement, to: text)
            } catch {
                throw .malformedPolicyDocument(error.message)
            }
        }
    }

    private func changePolicy(
        _ caller: Caller, _ action: Action, at place: PolicyPlace,
        _ edit: (String?) throws(ServiceError) -> String?
    ) throws(ServiceError) {
        let request = request(from: caller)
        let details = AuditDetails(secretID: place.secretName?.text)
        try change(AuditedEvent(action), by: request, details) { writer throws(ServiceError) -> Plan<Void> in
            var change = Change()
            switch place {
            case .store:
                // Who administers the store can't be locked out of its policy.
                if !isOwner(request.caller) { try authorize(action, by: request) }
                let before = state.withLock { $0.storePolicy.text }
                let text = try edit(before.isEmpty ? nil : before) ?? ""
                try check(text, for: .store, inPlaceOf: before)
                if text != before { change.storePolicyText = text }
                change.announcements = [SecretChange(before: nil, after: nil, affectsAccess: true)]
            case .secret(let name):
                guard let secret = secret(named: name) else { throw Self.notFound(name.text) }
                if !isOwner(request.caller) { try authorize(action, on: secret, by: request) }
                var record = secret.record
                record.policy = try edit(record.policy)
                try check(record.policy ?? "", for: .secret, inPlaceOf: secret.record.policy)
                record.changed = request.time
                if record.policy != secret.record.policy { change.secrets = [(record, secret)] }
                change.announcements = [
                    SecretChange(before: secret.record, after: record, affectsAccess: true)
                ]
            }
            return Plan(change: change, result: (), details: details)
        }
    }

    private func parse(_ text: String, for scope: PolicyScope) throws(ServiceError) -> PolicyDocument {
        do {
            return try PolicyDocument(parsing: text, for: scope)
        } catch {
            throw .malformedPolicyDocument(error.message)
        }
    }

    private func check(
        _ text: String, for scope: PolicyScope, inPlaceOf before: String?
    ) throws(ServiceError) {
        guard text.count <= Self.policyLimit else {
            throw .malformedPolicyDocument(
                "a policy has at most \(Self.policyLimit) characters; this one has \(text.count)")
        }
        if !text.isEmpty { _ = try compile(text, for: scope, inPlaceOf: before) }
    }

    /// Who may do what, and which statement decides: for `coffer policy test`.
    ///
    /// The facts of a process that isn't there (its groups other than `groups`, its executable) can't be established.
    public func simulatePolicy(
        _ caller: Caller, of subject: Caller, _ action: Action, on name: SecretName, stage: StagingLabel?
    ) throws(ServiceError) -> Decision {
        let request = request(from: caller)
        var details = AuditDetails(
            secretID: name.text, versionStage: stage?.text,
            parameters: [("action", action.name), ("subjectUid", String(subject.uid))])
        return try read(AuditedEvent(.simulatePolicy), by: request, &details) { _ throws(ServiceError) in
            if subject.uid != caller.uid { try authorize(.simulatePolicy, by: request) }
            let question = Request(
                caller: subject, facts: ProcessFacts(of: subject), time: request.time, number: request.number)
            guard let secret = secret(named: name) else {
                return decide(
                    action,
                    on: Target(name: name.text, stage: stage, storeStatements: storeStatements(for: name)),
                    by: question)
            }
            return decide(action, on: target(secret, stage: stage), by: question)
        }
    }
}

extension PolicyPlace {
    fileprivate var secretName: SecretName? {
        switch self {
        case .secret(let name): name
        case .store: nil
        }
    }

    fileprivate var scope: PolicyScope { self == .store ? .store : .secret }
    fileprivate var putAction: Action { self == .store ? .putStorePolicy : .putResourcePolicy }
    fileprivate var deleteAction: Action { self == .store ? .deleteStorePolicy : .deleteResourcePolicy }
}
