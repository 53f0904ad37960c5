/// What a statement allows or denies: an operation by its IAM name.
public enum Action: UInt8, CaseIterable, Sendable {
    case getSecretValue, batchGetSecretValue, describeSecret, listSecrets, listSecretVersionIds
    case createSecret, putSecretValue, updateSecret, updateSecretVersionStage, deleteSecret, restoreSecret
    case tagResource, untagResource, getRandomPassword
    case getResourcePolicy, putResourcePolicy, deleteResourcePolicy, validateResourcePolicy
    case rotateSecret, cancelRotateSecret
    case kmsEncrypt, kmsDecrypt, kmsReEncrypt, kmsGenerateDataKey, kmsGenerateRandom
    case kmsCreateKey, kmsDescribeKey, kmsListKeys, kmsEnableKey, kmsDisableKey, kmsRotateKeyOnDemand
    case kmsScheduleKeyDeletion, kmsCancelKeyDeletion, kmsGetKeyPolicy, kmsPutKeyPolicy
    case getStorePolicy, putStorePolicy, deleteStorePolicy, simulatePolicy, lookupEvents, verifyTrail,
        getStatus

    /// The name that stands in policies, such as `secretsmanager:GetSecretValue`. AWS's where AWS has the operation,
    /// with the prefix `coffer:` for the operations of our own.
    public var name: String { Self.names[Int(rawValue)] }

    /// The name without its service, such as `GetSecretValue`: what stands in the audit trail.
    public var eventName: String { Self.eventNames[Int(rawValue)] }

    /// The service, as CloudTrail names it: `secretsmanager.amazonaws.com` becomes plain `secretsmanager`.
    public var service: String { Self.services[Int(rawValue)] }

    /// Whether the operation changes nothing.
    public var isReadOnly: Bool {
        switch self {
        case .getSecretValue, .batchGetSecretValue, .describeSecret, .listSecrets, .listSecretVersionIds,
            .getRandomPassword, .getResourcePolicy, .validateResourcePolicy, .kmsEncrypt, .kmsDecrypt,
            .kmsReEncrypt,
            .kmsGenerateDataKey, .kmsGenerateRandom, .kmsDescribeKey, .kmsListKeys, .kmsGetKeyPolicy,
            .getStorePolicy,
            .simulatePolicy, .lookupEvents, .verifyTrail, .getStatus:
            true
        case .createSecret, .putSecretValue, .updateSecret, .updateSecretVersionStage, .deleteSecret,
            .restoreSecret,
            .tagResource, .untagResource, .putResourcePolicy, .deleteResourcePolicy, .rotateSecret,
            .cancelRotateSecret,
            .kmsCreateKey, .kmsEnableKey, .kmsDisableKey, .kmsRotateKeyOnDemand, .kmsScheduleKeyDeletion,
            .kmsCancelKeyDeletion, .kmsPutKeyPolicy, .putStorePolicy, .deleteStorePolicy:
            false
        }
    }

    private static let names: [String] = allCases.map { action in
        let text = "\(action)"
        if let own = ownNames[action] { return "coffer:" + own }
        if text.hasPrefix("kms") { return "kms:" + text.dropFirst(3) }
        return "secretsmanager:" + text.prefix(1).uppercased() + text.dropFirst()
    }

    private static let eventNames: [String] = names.map { name in
        String(name.drop { $0 != ":" }.dropFirst())
    }

    private static let services: [String] = names.map { name in String(name.prefix { $0 != ":" }) }

    private static let ownNames: [Action: String] = [
        .getStorePolicy: "GetStorePolicy", .putStorePolicy: "PutStorePolicy",
        .deleteStorePolicy: "DeleteStorePolicy", .simulatePolicy: "SimulatePolicy",
        .lookupEvents: "LookupEvents", .verifyTrail: "VerifyTrail", .getStatus: "GetStatus",
    ]
}

/// A set of actions, as a bit each.
public struct ActionSet: Hashable, Sendable {
    private var bits: UInt64

    public init() { bits = 0 }
    public init(_ actions: some Sequence<Action>) {
        bits = actions.reduce(0) { $0 | 1 << UInt64($1.rawValue) }
    }

    /// Every action there is.
    public static let all = ActionSet(Action.allCases)

    public func contains(_ action: Action) -> Bool { bits & 1 << UInt64(action.rawValue) != 0 }
    public mutating func insert(_ action: Action) { bits |= 1 << UInt64(action.rawValue) }
    /// The actions that are not in this set.
    public var inverted: ActionSet {
        var set = ActionSet()
        set.bits = Self.all.bits & ~bits
        return set
    }
    public var isEmpty: Bool { bits == 0 }
}
