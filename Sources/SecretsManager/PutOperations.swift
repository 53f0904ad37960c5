public import CofferCore
internal import KeyService
public import SecretMemory
internal import SecretStore
internal import Synchronization

extension SecretsManager {
    /// Makes a new version of a secret. Without labels it becomes AWSCURRENT, and the one before AWSPREVIOUS.
    ///
    /// The same token and bytes again change nothing; the same token with other bytes is an error.
    /// AWS operation: PutSecretValue.
    /// - Parameter new: what to make where there is no such secret; nil to be told so. Not with labels.
    public func putSecretValue(
        _ caller: Caller, name: SecretName, value: borrowing SecretBytes, stages: [StagingLabel] = [],
        token: VersionID? = nil, isText: Bool? = nil, orCreating new: NewSecret? = nil
    ) throws(ServiceError) -> WrittenVersion {
        let request = request(from: caller)
        let id = token ?? VersionID(random: Random.bytes(16))
        let details = AuditDetails(
            secretID: name.text, versionID: id.text,
            versionStage: stages.isEmpty ? nil : stages.map(\.text).joined(separator: ","))
        return try unsafe value.withUnsafeBytes { bytes throws(ServiceError) in
            let span = unsafe bytes.assumingMemoryBound(to: UInt8.self).span
            let isNew = new != nil && secret(named: name) == nil
            return try change(AuditedEvent(isNew ? .createSecret : .putSecretValue), by: request, details) {
                writer throws(ServiceError) -> Plan<WrittenVersion> in
                let found = secret(named: name)
                if var new, found.map({ mayDo(.describeSecret, on: $0, by: request) }) != true {
                    // What is hidden is answered as what isn't there, as far as that goes.
                    try authorize(.createSecret, on: name, by: request)
                    if let found { throw alreadyExists(found) }
                    new.token = id
                    return try planSecret(new, value: span, isText: isText, by: request, writer, details)
                }
                guard let secret = found else { throw Self.notFound(name.text) }
                try authorize(.putSecretValue, on: secret, stage: stages.first ?? .current, by: request)
                try checkNotPendingDeletion(secret.record)
                if let version = secret.record.version(id: id) {
                    guard try isSame(span, as: version, of: secret.record) else {
                        throw .resourceExists(
                            "'\(name)' has a version \(id) with another value; give another token, or none")
                    }
                    return Plan(
                        change: Change(),
                        result: WrittenVersion(secret: secret.record.serial, name: name, version: version),
                        details: details)
                }
                return try planVersion(
                    of: secret, value: span, id: id, stages: stages, isText: isText, by: request, details)
            }
        }
    }

    /// The change by which a secret gets one more version.
    func planVersion(
        of secret: Secret, value: Span<UInt8>, id: VersionID, stages: [StagingLabel], isText: Bool?,
        by request: Request, _ details: AuditDetails
    ) throws(ServiceError) -> Plan<WrittenVersion> {
        var record = secret.record
        // The first version always gets AWSCURRENT; without labels so does every later one.
        var labels = stages.isEmpty ? [.current] : stages
        if record.versions.isEmpty, !labels.contains(.current) { labels.append(.current) }
        for label in labels { try checkLabel(label, of: record) }
        let made = try addVersion(
            to: &record, value: value, id: id, stages: labels, isText: isText, at: request.time)
        return plan(record, from: secret, made: made, details)
    }

    /// The change that a new or rewritten version makes, once the record says so.
    func plan(
        _ record: SecretRecord, from secret: Secret, made: NewVersion, _ details: AuditDetails
    ) -> Plan<WrittenVersion> {
        var record = record
        var change = Change()
        change.valueDeletes = prune(&record)
        change.valuePuts = [(ValueID(secret: record.serial, version: made.sequence), made.sealed)]
        change.secrets = [(record, secret)]
        change.announcements = [SecretChange(before: secret.record, after: record, affectsAccess: false)]
        return Plan(
            change: change,
            result: WrittenVersion(
                secret: record.serial, name: record.name, version: record.version(sequence: made.sequence)),
            details: details)
    }

    /// Throws where a label's directory would stand in the place of a nested secret.
    func checkLabel(_ label: StagingLabel, of record: SecretRecord) throws(ServiceError) {
        guard !StagingLabel.aws.contains(label) else { return }
        let isTaken = state.withLock {
            $0.catalog.child(at: record.name.text + "/" + label.directoryName) != nil
        }
        if isTaken {
            throw .invalidParameter(
                "'\(label)' can't be a label of '\(record.name)'; choose another"
            )
        }
    }

    /// Moves a label, as a compare-and-swap: where it sits on another version, `removeFrom` must name that one.
    ///
    /// AWS operation: UpdateSecretVersionStage.
    public func updateSecretVersionStage(
        _ caller: Caller, name: SecretName, stage: StagingLabel, moveTo: VersionID?, removeFrom: VersionID?
    ) throws(ServiceError) -> WrittenVersion {
        let request = request(from: caller)
        let details = AuditDetails(
            secretID: name.text, versionStage: stage.text,
            parameters: [("moveToVersionId", moveTo?.text), ("removeFromVersionId", removeFrom?.text)]
                .compactMap { pair in pair.1.map { (pair.0, $0) } })
        return try change(AuditedEvent(.updateSecretVersionStage), by: request, details) {
            writer throws(ServiceError) -> Plan<WrittenVersion> in
            guard let secret = secret(named: name) else { throw Self.notFound(name.text) }
            try authorize(.updateSecretVersionStage, on: secret, stage: stage, by: request)
            try checkNotPendingDeletion(secret.record)
            var record = secret.record
            let target = try checkMove(of: stage, in: record, to: moveTo, from: removeFrom)
            if let target {
                try checkLabel(stage, of: record)
                try record.moveLabel(stage, to: target.sequence, at: request.time)
            } else {
                record.removeLabel(stage, at: request.time)
            }
            let result = WrittenVersion(
                secret: record.serial, name: name,
                version: target.flatMap { record.version(sequence: $0.sequence) })
            guard record != secret.record else {
                return Plan(change: Change(), result: result, details: details)
            }
            record.changed = request.time
            var change = Change()
            change.valueDeletes = prune(&record)
            change.secrets = [(record, secret)]
            change.announcements = [SecretChange(before: secret.record, after: record, affectsAccess: false)]
            return Plan(change: change, result: result, details: details)
        }
    }

    private func checkMove(
        of stage: StagingLabel, in record: SecretRecord, to moveTo: VersionID?, from removeFrom: VersionID?
    ) throws(ServiceError) -> VersionRecord? {
        let holder = record.version(labelled: stage)
        guard moveTo != nil || removeFrom != nil else {
            throw .invalidParameter("say which version the label \(stage) moves to, or is removed from")
        }
        if let removeFrom, holder?.id != removeFrom {
            throw .invalidParameter(
                "the label \(stage) of '\(record.name)' is not on version \(removeFrom) but on \(holder?.id.text ?? "none"); look again with `coffer versions`"
            )
        }
        guard let moveTo else {
            guard stage != .current else {
                throw .invalidParameter("AWSCURRENT can't be taken away, only moved to another version")
            }
            return nil
        }
        let target = try version(of: record, id: moveTo, stage: nil)
        if let holder, holder.id != moveTo, removeFrom == nil {
            throw .invalidParameter(
                "the label \(stage) of '\(record.name)' is on version \(holder.id): name that one as RemoveFromVersionId to move it"
            )
        }
        return target
    }
}
