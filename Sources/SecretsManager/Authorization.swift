internal import CofferCore
internal import Synchronization

/// What is asked of the policies: which secret, and how it is reached.
struct Target {
    var name: String
    var stage: StagingLabel?
    /// False where a version is asked for by its id: then no statement that turns on the stage allows it.
    var isStageKnown = true
    var tags: [String: String] = [:]
    /// The secret's own policy and the store's statements for it.
    var ownPolicy: CompiledPolicy?
    var storeStatements: [CompiledStatement] = []
}

extension SecretsManager {
    /// Asks the policies. The owner of the store is allowed what no statement denies.
    func decide(_ action: Action, on target: Target, by request: Request) -> Decision {
        let question = PolicyRequest(
            uid: request.caller.uid, gid: request.caller.gid, action: action, resource: target.name,
            stage: target.stage, isStageKnown: target.isStageKnown, tags: target.tags, time: request.time,
            door: request.caller.door,
            facts: request.facts)
        let decision = PolicyEvaluator.decide(
            question, store: target.storeStatements, secret: target.ownPolicy?.statements ?? [])
        if case .notAllowed = decision, isOwner(request.caller) { return .allowedAsOwner }
        return decision
    }

    /// Whether the caller administers the store: the UID that runs the daemon, or the daemon itself.
    func isOwner(_ caller: Caller) -> Bool {
        caller.door == .daemon || caller.uid == configuration.ownerUID
    }

    /// Throws unless the policies allow it; who may not even see the secret is told that there is none.
    func authorize(
        _ action: Action, on secret: Secret, stage: StagingLabel? = nil, isStageKnown: Bool = true,
        by request: Request
    ) throws(ServiceError) {
        var target = target(secret, stage: stage)
        target.isStageKnown = isStageKnown
        if decide(action, on: target, by: request).isAllowed { return }
        let name = secret.record.name.text
        if action != .describeSecret, decide(.describeSecret, on: target, by: request).isAllowed {
            throw .accessDenied(
                "no statement lets UID \(request.caller.uid) \(action.name) on '\(name)'; `coffer policy test` tells why"
            )
        }
        throw .concealed(Self.notFound(name).message)
    }

    /// Whether the policies allow it on a secret, whatever its stage.
    func mayDo(_ action: Action, on secret: Secret, by request: Request) -> Bool {
        decide(action, on: target(secret, stage: nil), by: request).isAllowed
    }

    /// Whether the policies allow it on a name that no secret has (yet).
    func mayDo(_ action: Action, on name: SecretName, by request: Request) -> Bool {
        let target = Target(name: name.text, storeStatements: storeStatements(for: name))
        return decide(action, on: target, by: request).isAllowed
    }

    /// Throws unless the policies allow it on a name that no secret has (yet).
    func authorize(_ action: Action, on name: SecretName, by request: Request) throws(ServiceError) {
        guard mayDo(action, on: name, by: request) else {
            throw .accessDenied(
                "no statement of the store's policy lets UID \(request.caller.uid) \(action.name) on '\(name)'"
            )
        }
    }

    /// Throws unless the policies allow an operation on the store as a whole; its resource is `*`.
    func authorize(_ action: Action, by request: Request) throws(ServiceError) {
        let statements = state.withLock { $0.storePolicy.compiled?.statements ?? [] }
        let target = Target(name: "*", storeStatements: statements)
        guard decide(action, on: target, by: request).isAllowed else {
            throw .accessDenied(
                "no statement of the store's policy lets UID \(request.caller.uid) \(action.name); ask UID \(configuration.ownerUID), which runs the daemon"
            )
        }
    }

    /// What the policies are asked about for a secret. The statements are kept for the next time.
    func target(_ secret: Secret, stage: StagingLabel?) -> Target {
        Target(
            name: secret.record.name.text, stage: stage, tags: secret.record.tags, ownPolicy: secret.policy,
            storeStatements: state.withLock { $0.statements(for: secret) })
    }

    /// The store policy's statements that a name matches.
    func storeStatements(for name: SecretName) -> [CompiledStatement] {
        state.withLock { $0.storePolicy.compiled?.applicable(to: name) ?? [] }
    }

    /// What everybody is told of a secret that isn't there, or that they may not see.
    static func notFound(_ name: String) -> ServiceError {
        .resourceNotFound(
            "there is no secret '\(name)' that you may see; `coffer ls` lists those that you may")
    }
}

extension SecretsManager.State {
    /// How many secrets' statements are kept.
    private static let applicableLimit = 4096

    /// The store policy's statements for a secret, found once and kept.
    mutating func statements(for secret: Secret) -> [CompiledStatement] {
        if let known = applicable[secret.record.serial] { return known }
        let found = storePolicy.compiled?.applicable(to: secret.record.name) ?? []
        if applicable.count >= Self.applicableLimit { applicable = [:] }
        applicable[secret.record.serial] = found
        return found
    }
}
