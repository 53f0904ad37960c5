public import CofferCore
internal import KeyService
internal import Synchronization

extension SecretsManager {
    /// What is known of a secret, never its value. AWS operation: DescribeSecret.
    public func describeSecret(_ caller: Caller, name: SecretName) throws(ServiceError) -> SecretDescription {
        let request = request(from: caller)
        var details = AuditDetails(secretID: name.text)
        return try read(AuditedEvent(.describeSecret), by: request, &details) { _ throws(ServiceError) in
            guard let secret = secret(named: name) else { throw Self.notFound(name.text) }
            try authorize(.describeSecret, on: secret, by: request)
            return description(of: secret)
        }
    }

    /// The same by serial, for `metadata.json`: recorded, since it is an open.
    public func describeSecret(_ caller: Caller, secret serial: UInt32) throws(ServiceError)
        -> SecretDescription
    {
        guard let secret = secret(serial), !secret.isPendingDeletion else {
            throw Self.notFound("number \(serial)")
        }
        return try describeSecret(caller, name: secret.record.name)
    }

    /// The same without a record, for the size of `metadata.json`; the caller has been found to see the secret.
    func description(of secret: Secret) -> SecretDescription {
        let day = state.withLock { $0.accessedDay[secret.record.serial] } ?? secret.record.lastAccessedDay
        return SecretDescription(
            record: secret.record, storeID: keys.storeID.description, lastAccessedDay: day)
    }

    /// The secrets that the caller may see, sorted by name. AWS operation: ListSecrets.
    ///
    /// - Parameters:
    ///   - prefix: only names that begin with it.
    ///   - after: only names behind this one: where the last page ended.
    ///   - limit: the most to answer.
    public func listSecrets(
        _ caller: Caller, prefix: String = "", after: String? = nil, limit: Int = 100,
        includesPlannedDeletion: Bool = false
    ) throws(ServiceError) -> [SecretDescription] {
        let request = request(from: caller)
        var details = AuditDetails(parameters: prefix.isEmpty ? [] : [("namePrefix", prefix)])
        return try read(AuditedEvent(.listSecrets), by: request, &details) { _ throws(ServiceError) in
            var candidates = state.withLock { state in
                var found: [Secret] = []
                for secret in state.catalog.all {
                    let name = secret.record.name.text
                    guard name.hasPrefix(prefix), after.map({ name > $0 }) ?? true else { continue }
                    if includesPlannedDeletion || !secret.isPendingDeletion { found.append(secret) }
                }
                return found
            }
            candidates.sort { $0.record.name < $1.record.name }
            var page: [SecretDescription] = []
            for secret in candidates where page.count < limit {
                let target = Target(
                    name: secret.record.name.text, tags: secret.record.tags, ownPolicy: secret.policy,
                    storeStatements: storeStatements(for: secret.record.name))
                if decide(.describeSecret, on: target, by: request).isAllowed {
                    page.append(description(of: secret))
                }
            }
            return page
        }
    }

    /// The versions of a secret, oldest first. AWS operation: ListSecretVersionIds.
    ///
    /// - Parameter includesDeprecated: whether versions without a label are told too.
    public func listSecretVersionIDs(
        _ caller: Caller, name: SecretName, includesDeprecated: Bool
    ) throws(ServiceError) -> [VersionRecord] {
        let request = request(from: caller)
        var details = AuditDetails(secretID: name.text)
        return try read(AuditedEvent(.listSecretVersionIds), by: request, &details) {
            _ throws(ServiceError) in
            guard let secret = secret(named: name) else { throw Self.notFound(name.text) }
            try authorize(.listSecretVersionIds, on: secret, by: request)
            return secret.record.versions.filter { includesDeprecated || !$0.stages.isEmpty }
        }
    }
}
