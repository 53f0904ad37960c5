internal import CofferCore
internal import KeyService
internal import SecretMemory
internal import SecretStore
internal import Synchronization

/// A version on its way into a change.
struct NewVersion {
    var sequence: UInt32
    var sealed: [UInt8]
}

// How versions are made, found, opened and pruned, for every operation.
extension SecretsManager {
    /// The highest sequence of a version; an inode number has room for it.
    private static let highestSequence: UInt32 = 1 << 24 - 257

    /// Seals a value as the next version of a secret, and puts the labels on it.
    func addVersion(
        to record: inout SecretRecord, value: Span<UInt8>, id: VersionID, stages: [StagingLabel],
        isText: Bool? = nil, at time: Timestamp
    ) throws(ServiceError) -> NewVersion {
        let sequence = record.nextSequence
        guard sequence <= Self.highestSequence else {
            throw .limitExceeded(
                "'\(record.name)' has had \(sequence - 1) versions, the most there can be; make a new secret")
        }
        let (content, sealed) = try seal(value, as: sequence, of: &record, isText: isText)
        record.nextSequence += 1
        record.versions.append(
            VersionRecord(
                sequence: sequence, id: id, created: time, stages: [], stagesChanged: time, content: content))
        for label in stages { try record.moveLabel(label, to: sequence, at: time) }
        record.changed = time
        return NewVersion(sequence: sequence, sealed: sealed)
    }

    /// Seals a value in the place of the one that a version has: the same open file was written further.
    func replaceVersion(
        _ sequence: UInt32, of record: inout SecretRecord, value: Span<UInt8>, at time: Timestamp
    ) throws(ServiceError) -> NewVersion {
        let (content, sealed) = try seal(value, as: sequence, of: &record, isText: nil)
        for index in record.versions.indices where record.versions[index].sequence == sequence {
            record.versions[index].content = content
            record.versions[index].created = time
        }
        record.changed = time
        return NewVersion(sequence: sequence, sealed: sealed)
    }

    private func seal(
        _ value: Span<UInt8>, as sequence: UInt32, of record: inout SecretRecord, isText: Bool?
    ) throws(ServiceError) -> (ContentRecord, [UInt8]) {
        try checkSize(value.count, of: record.name)
        let analysis = ContentAnalysis(of: value)
        let keyID = record.keyID ?? keys.defaultKeyID
        let sealed: [UInt8]
        do {
            sealed = try keys.sealValue(
                value, with: keyID, context: ValueContext(secret: record.serial, version: sequence))
        } catch {
            throw ServiceError(error)
        }
        let content = ContentRecord(
            size: UInt32(value.count), isText: isText ?? analysis.isText, keyID: keyID,
            digest: keys.valueDigest(sealed.span), members: record.numberMembers(of: analysis),
            isObject: analysis.isObject)
        return (content, sealed)
    }

    /// Throws unless a value may have this many bytes.
    func checkSize(_ size: Int, of name: SecretName) throws(ServiceError) {
        guard size > 0 else {
            throw .invalidParameter("a value has at least 1 byte; '\(name)' stays as it is")
        }
        guard size <= configuration.valueLimit else {
            throw .valueTooLarge(
                "a value of \(size) bytes is over the limit of \(configuration.valueLimit); '\(name)' stays as it is (`coffer mount --value-limit` raises it, to 16777216 at most)"
            )
        }
    }

    /// Drops the oldest versions without a label past the number that is kept, and tells which. What is open is kept, so that
    /// whoever reads it can go on, also after a take-over.
    func prune(_ record: inout SecretRecord) -> [ValueID] {
        var pruned: [ValueID] = []
        let isOpen = openVersions.withLock { $0 }
        while record.versions.count > configuration.versionsKept,
            let index = record.versions.firstIndex(where: { [serial = record.serial] version in
                version.stages.isEmpty && !isOpen(serial, version.sequence)
            })
        {
            pruned.append(ValueID(secret: record.serial, version: record.versions[index].sequence))
            record.versions.remove(at: index)
        }
        return pruned
    }

    /// A version's sealed value, checked against its digest: from the cache, or else from the store.
    func sealedValue(of record: SecretRecord, _ version: VersionRecord) throws(ServiceError) -> [UInt8] {
        let id = ValueID(secret: record.serial, version: version.sequence)
        if let sealed = cache[id], keys.isValue(sealed.span, ofDigest: version.content.digest) {
            return sealed
        }
        let read: [UInt8]??
        do throws(StoreError) {
            read = try readGuard.pass { () throws(StoreError) in try store.value(id) }
        } catch {
            let failure = ServiceError(error)
            guard case .decryptionFailure(let reason) = failure else { throw failure }
            throw .decryptionFailure(
                "the value of '\(record.name)', version \(version.id), can't be read: \(reason)")
        }
        guard let stored = read else { throw .stalledStore }
        guard let sealed = stored, keys.isValue(sealed.span, ofDigest: version.content.digest) else {
            let state = stored == nil ? "is missing from the store" : "was changed in the store"
            throw .decryptionFailure(
                "the value of '\(record.name)', version \(version.id), \(state); restore the store from a backup, or roll back to another version"
            )
        }
        cache.insert(sealed, for: id)
        return sealed
    }

    /// A version's whole value in guarded memory.
    func openValue(of record: SecretRecord, _ version: VersionRecord) throws(ServiceError) -> SecretBytes {
        let sealed = try sealedValue(of: record, version)
        do {
            return try keys.openValue(
                sealed.span, context: ValueContext(secret: record.serial, version: version.sequence))
        } catch {
            throw ServiceError(error, opening: version, of: record.name)
        }
    }

    /// Throws unless the key that sealed a version may be used.
    func checkKey(of version: VersionRecord) throws(ServiceError) {
        let keyState: KeyState
        do {
            keyState = try keys.keyState(version.content.keyID)
        } catch {
            throw ServiceError(error)
        }
        switch keyState {
        case .enabled: return
        case .disabled: throw ServiceError(.keyDisabled(version.content.keyID))
        case .pendingDeletion: throw ServiceError(.keyPendingDeletion(version.content.keyID))
        }
    }

    /// The version that a request names, by id, by label, or both.
    func version(
        of record: SecretRecord, id: VersionID?, stage: StagingLabel?
    ) throws(ServiceError) -> VersionRecord {
        if let id {
            guard let version = record.version(id: id) else {
                throw .resourceNotFound(
                    "'\(record.name)' has no version \(id); `coffer versions` lists those it has")
            }
            if let stage, !version.stages.contains(stage) {
                throw .invalidRequest("version \(id) of '\(record.name)' does not bear the label \(stage)")
            }
            return version
        }
        let stage = stage ?? .current
        guard let version = record.version(labelled: stage) else {
            throw .resourceNotFound(
                "no version of '\(record.name)' bears the label \(stage); `coffer versions` lists them")
        }
        return version
    }

    /// Throws while the secret's deletion is scheduled.
    func checkNotPendingDeletion(_ record: SecretRecord) throws(ServiceError) {
        if let deletion = record.deletion {
            throw .invalidRequest(
                "'\(record.name)' is scheduled for deletion on \(deletion.text); `coffer restore` brings it back"
            )
        }
    }
}
