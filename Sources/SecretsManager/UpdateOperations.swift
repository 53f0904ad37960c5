public import CofferCore
internal import KeyService
public import SecretMemory

extension SecretsManager {
    /// Changes a secret's description, gives it a new version, or both in one step.
    ///
    /// Unlike PutSecretValue it refuses the id of a version that is there. AWS operation: UpdateSecret.
    /// - Parameters:
    ///   - description: the new one; nil leaves it as it is.
    ///   - value: the new version, which gets AWSCURRENT; nil for none.
    public func updateSecret(
        _ caller: Caller, name: SecretName, description: String?, value: borrowing SecretBytes?,
        isText: Bool? = nil, token: VersionID? = nil
    ) throws(ServiceError) -> WrittenVersion {
        switch value {
        case .some(let value):
            return try unsafe value.withUnsafeBytes { bytes throws(ServiceError) in
                try unsafe update(
                    caller, name, description, value: bytes, isText: isText,
                    token: token ?? VersionID(random: Random.bytes(16)))
            }
        case .none:
            return try unsafe update(caller, name, description, value: nil, isText: nil, token: nil)
        }
    }

    private func update(
        _ caller: Caller, _ name: SecretName, _ description: String?, value: UnsafeRawBufferPointer?,
        isText: Bool?, token: VersionID?
    ) throws(ServiceError) -> WrittenVersion {
        let request = request(from: caller)
        let details = AuditDetails(secretID: name.text, versionID: token?.text)
        return try change(AuditedEvent(.updateSecret), by: request, details) {
            writer throws(ServiceError) -> Plan<WrittenVersion> in
            guard let secret = secret(named: name) else { throw Self.notFound(name.text) }
            try authorize(.updateSecret, on: secret, stage: token == nil ? nil : .current, by: request)
            try checkNotPendingDeletion(secret.record)
            var record = secret.record
            if let description { record.description = try checkedDescription(description) }
            guard let token, let value = unsafe value else {
                let result = WrittenVersion(secret: record.serial, name: name, version: nil)
                var change = Change()
                if record != secret.record {
                    record.changed = request.time
                    change.secrets = [(record, secret)]
                    change.announcements = [
                        SecretChange(before: secret.record, after: record, affectsAccess: false)
                    ]
                }
                return Plan(change: change, result: result, details: details)
            }
            guard record.version(id: token) == nil else {
                throw .resourceExists("'\(name)' has a version \(token) already; give another token, or none")
            }
            let span = unsafe value.assumingMemoryBound(to: UInt8.self).span
            let made = try addVersion(
                to: &record, value: span, id: token, stages: [.current], isText: isText, at: request.time)
            return plan(record, from: secret, made: made, details)
        }
    }
}
