public import CofferCore
internal import Synchronization

/// What DeleteSecret and RestoreSecret answer.
public struct SecretLifecycle: Sendable {
    public let name: SecretName
    /// When the secret is gone for good; nil once it is restored.
    public let deletion: Timestamp?
}

extension SecretsManager {
    /// Schedules a secret's deletion, or deletes it at once where `force` is set.
    ///
    /// AWS operation: DeleteSecret (RecoveryWindowInDays 7 to 30, 30 unless given; xor ForceDeleteWithoutRecovery).
    public func deleteSecret(
        _ caller: Caller, name: SecretName, recoveryWindowDays: Int? = nil, force: Bool = false
    ) throws(ServiceError) -> SecretLifecycle {
        let request = request(from: caller)
        let days = recoveryWindowDays ?? 30
        let details = AuditDetails(
            secretID: name.text,
            parameters: [
                force ? ("forceDeleteWithoutRecovery", "true") : ("recoveryWindowInDays", String(days))
            ])
        return try change(AuditedEvent(.deleteSecret), by: request, details) {
            writer throws(ServiceError) -> Plan<SecretLifecycle> in
            guard !force || recoveryWindowDays == nil else {
                throw .invalidParameter("give a recovery window, or force the deletion, not both")
            }
            guard (7...30).contains(days) else {
                throw .invalidParameter("a recovery window has 7 to 30 days; \(days) were given")
            }
            guard let secret = secret(named: name) else {
                // AWS: the forced deletion of what isn't there succeeds. Who may not is told what they would be told of a
                // secret that they can't see.
                guard force, mayDo(.deleteSecret, on: name, by: request) else {
                    throw .concealed(Self.notFound(name.text).message)
                }
                return Plan(
                    change: Change(), result: SecretLifecycle(name: name, deletion: request.time),
                    details: details)
            }
            try authorize(.deleteSecret, on: secret, by: request)
            var change = Change()
            var after: SecretRecord?
            let deletion = force ? request.time : request.time.adding(days: Int64(days))
            if force {
                change.removed = [secret]
            } else {
                try checkNotPendingDeletion(secret.record)
                var record = secret.record
                record.deletion = deletion
                record.changed = request.time
                change.secrets = [(record, secret)]
                after = record
            }
            change.announcements = [SecretChange(before: secret.record, after: after, affectsAccess: true)]
            return Plan(
                change: change, result: SecretLifecycle(name: name, deletion: deletion), details: details)
        }
    }

    /// Brings back a secret whose deletion is scheduled. AWS operation: RestoreSecret.
    public func restoreSecret(_ caller: Caller, name: SecretName) throws(ServiceError) -> SecretLifecycle {
        let request = request(from: caller)
        let details = AuditDetails(secretID: name.text)
        return try change(AuditedEvent(.restoreSecret), by: request, details) {
            writer throws(ServiceError) -> Plan<SecretLifecycle> in
            guard let secret = secret(named: name) else { throw Self.notFound(name.text) }
            try authorize(.restoreSecret, on: secret, by: request)
            var change = Change()
            if secret.isPendingDeletion {
                var record = secret.record
                record.deletion = nil
                record.changed = request.time
                change.secrets = [(record, secret)]
                change.announcements = [
                    SecretChange(before: secret.record, after: record, affectsAccess: true)
                ]
            }
            return Plan(change: change, result: SecretLifecycle(name: name, deletion: nil), details: details)
        }
    }

    /// Deletes for good every secret whose recovery window has passed; returns how many. For the daemon's timer.
    @discardableResult
    public func deleteExpiredSecrets() throws(ServiceError) -> Int {
        let now = configuration.clock()
        let expired = state.withLock { state in
            state.catalog.all.filter { $0.record.deletion.map { $0 <= now } ?? false }.map(\.record.name)
        }
        for name in expired {
            let request = request(
                from: Caller(uid: configuration.ownerUID, gid: 0, pid: 0, groups: [], door: .daemon))
            let details = AuditDetails(secretID: name.text)
            try change(.endSecretDelete, by: request, details) { writer throws(ServiceError) -> Plan<Void> in
                var change = Change()
                if let secret = secret(named: name), let deletion = secret.record.deletion, deletion <= now {
                    change.removed = [secret]
                }
                return Plan(change: change, result: (), details: details)
            }
        }
        return expired.count
    }

    /// Adds tags, or gives those that are there another value. AWS operation: TagResource.
    public func tagResource(
        _ caller: Caller, name: SecretName, tags: [String: String]
    ) throws(ServiceError) {
        let details = AuditDetails(
            secretID: name.text,
            parameters: tags.sorted { $0.key < $1.key }.map { ("tag." + $0.key, $0.value) })
        try changeTags(caller, .tagResource, name: name, details) { $0.merge(tags) { $1 } }
    }

    /// Takes tags away; those that aren't there are passed over. AWS operation: UntagResource.
    public func untagResource(_ caller: Caller, name: SecretName, keys: [String]) throws(ServiceError) {
        let details = AuditDetails(
            secretID: name.text, parameters: [("tagKeys", keys.sorted().joined(separator: ","))])
        try changeTags(caller, .untagResource, name: name, details) { tags in
            for key in keys { tags[key] = nil }
        }
    }

    private func changeTags(
        _ caller: Caller, _ action: Action, name: SecretName, _ details: AuditDetails,
        _ edit: (inout [String: String]) -> Void
    ) throws(ServiceError) {
        let request = request(from: caller)
        try change(AuditedEvent(action), by: request, details) { writer throws(ServiceError) -> Plan<Void> in
            guard let secret = secret(named: name) else { throw Self.notFound(name.text) }
            try authorize(action, on: secret, by: request)
            try checkNotPendingDeletion(secret.record)
            var record = secret.record
            edit(&record.tags)
            record.tags = try checkedTags(record.tags)
            record.changed = request.time
            try checkTagsKeepAccess(record, from: secret, action, by: request)
            var change = Change()
            change.secrets = [(record, secret)]
            change.announcements = [SecretChange(before: secret.record, after: record, affectsAccess: true)]
            return Plan(change: change, result: (), details: details)
        }
    }

    /// AWS refuses tags by which the caller would lose the right to set them.
    private func checkTagsKeepAccess(
        _ record: SecretRecord, from secret: Secret, _ action: Action, by request: Request
    ) throws(ServiceError) {
        var target = target(secret, stage: nil)
        target.tags = record.tags
        guard decide(action, on: target, by: request).isAllowed else {
            throw .accessDenied(
                "with these tags you could no longer \(action.name) on '\(record.name)'; nothing was changed")
        }
    }
}
