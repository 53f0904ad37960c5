public import CofferCore
internal import KeyService
public import SecretMemory
internal import Synchronization

/// A version that may be read: what GetSecretValue answers, the value still sealed.
public struct ReadableVersion: Sendable {
    /// The secret's serial.
    public let secret: UInt32
    public let name: SecretName
    public let version: VersionRecord
    /// The member to read; nil for the whole value.
    public let member: MemberRecord?
    /// Whether the secret was strict when it was opened: then each read is decided anew.
    public let isStrict: Bool
    let sealed: [UInt8]
    /// Who opened it: a failure that shows only when it is read is recorded as theirs.
    public let opener: Caller

    var context: ValueContext { ValueContext(secret: secret, version: version.sequence) }

    /// The size of what is read, in bytes.
    public var size: Int { Int(member?.size ?? version.content.size) }
}

/// Which version of a secret is meant.
public enum VersionSelector: Sendable, Hashable {
    /// The one that bears a label.
    case stage(StagingLabel)
    /// The one with this sequence.
    case sequence(UInt32)
}

extension SecretsManager {
    /// Opens a version for reading, for the mount: authorized and recorded, not decrypted.
    ///
    /// AWS operation: GetSecretValue.
    public func getSecretValue(
        _ caller: Caller, secret serial: UInt32, selector: VersionSelector, member number: UInt16?
    ) throws(ServiceError) -> ReadableVersion {
        guard let secret = secret(serial), !secret.isPendingDeletion else {
            throw Self.notFound("number \(serial)")
        }
        let request = request(from: caller)
        var details = AuditDetails(secretID: secret.record.name.text)
        return try read(AuditedEvent(.getSecretValue), by: request, &details) {
            details throws(ServiceError) in
            let version: VersionRecord?
            var stage: StagingLabel?
            switch selector {
            case .stage(let label):
                version = secret.record.version(labelled: label)
                stage = label
                details.versionStage = label.text
            case .sequence(let sequence):
                version = secret.record.version(sequence: sequence)
            }
            guard let version else { throw Self.notFound(secret.record.name.text) }
            if let number { details.member = secret.record.memberName(number) }
            return try readable(secret, version, stage: stage, by: request, &details) {
                number.map { number in version.content.members.first { $0.number == number } }
            }
        }
    }

    /// Opens a version for reading, by name. AWS operation: GetSecretValue.
    ///
    /// - Parameter member: the member of a JSON object to read; nil for the whole value.
    public func getSecretValue(
        _ caller: Caller, name: SecretName, versionID: VersionID?, stage: StagingLabel?, member: String? = nil
    ) throws(ServiceError) -> ReadableVersion {
        let request = request(from: caller)
        var details = AuditDetails(
            secretID: name.text, versionID: versionID?.text, versionStage: stage?.text, member: member)
        return try read(AuditedEvent(.getSecretValue), by: request, &details) {
            details throws(ServiceError) in
            guard let secret = secret(named: name) else { throw Self.notFound(name.text) }
            let stage = stage ?? (versionID == nil ? .current : nil)
            try authorize(.getSecretValue, on: secret, stage: stage, isStageKnown: stage != nil, by: request)
            try checkNotPendingDeletion(secret.record)
            let version = try version(of: secret.record, id: versionID, stage: stage)
            return try readable(secret, version, stage: stage, by: request, &details) {
                member.map { member in
                    secret.record.memberNumber(member).flatMap { number in
                        version.content.members.first { $0.number == number }
                    }
                }
            }
        }
    }

    /// The last steps of both: `member` tells nil for the whole value, and a nil within where there is no such member.
    private func readable(
        _ secret: Secret, _ version: VersionRecord, stage: StagingLabel?, by request: Request,
        _ details: inout AuditDetails, member: () -> MemberRecord??
    ) throws(ServiceError) -> ReadableVersion {
        details.versionID = version.id.text
        try authorize(.getSecretValue, on: secret, stage: stage, isStageKnown: stage != nil, by: request)
        try checkKey(of: version)
        let found = member()
        if case .some(.none) = found {
            throw .resourceNotFound("version \(version.id) of '\(secret.record.name)' has no such member")
        }
        let sealed = try sealedValue(of: secret.record, version)
        noteAccess(to: secret.record, at: request.time)
        return ReadableVersion(
            secret: secret.record.serial, name: secret.record.name, version: version, member: found ?? nil,
            isStrict: secret.record.fileSettings.isStrict, sealed: sealed, opener: request.caller)
    }

    /// Decrypts a part of what was opened into guarded memory of the caller's; returns how many bytes that is.
    ///
    /// - Parameters:
    ///   - offset: where to begin, in bytes of the file; past the end there are none.
    ///   - destination: takes as many bytes as it has room for.
    public func read(
        _ readable: ReadableVersion, at offset: Int, into destination: UnsafeMutableRawBufferPointer
    ) throws(ServiceError) -> Int {
        guard offset < readable.size, destination.count > 0 else { return 0 }
        let end = min(readable.size, offset + destination.count)
        guard let member = readable.member else {
            do {
                var room = unsafe destination.assumingMemoryBound(to: UInt8.self).mutableSpan
                return try keys.openValue(
                    readable.sealed.span, context: readable.context, range: offset..<end, into: &room)
            } catch {
                throw failure(error, of: readable)
            }
        }
        let text = try text(of: member, in: readable)
        unsafe text.withUnsafeBytes { bytes in
            unsafe destination.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset..<end]))
        }
        return end - offset
    }

    /// Decrypts all of what was opened. Throws as the ranged form.
    public func readAll(_ readable: ReadableVersion) throws(ServiceError) -> SecretBytes {
        if let member = readable.member { return try text(of: member, in: readable) }
        do {
            return try keys.openValue(readable.sealed.span, context: readable.context)
        } catch {
            throw failure(error, of: readable)
        }
    }

    /// What to throw for a value that does not open though its open was allowed, once that is recorded.
    private func failure(_ error: KeyServiceError, of readable: ReadableVersion) -> ServiceError {
        let failure = ServiceError(error, opening: readable.version, of: readable.name)
        let details = AuditDetails(
            secretID: readable.name.text, versionID: readable.version.id.text,
            member: readable.member.flatMap { record(readable.secret)?.memberName($0.number) })
        var opener = readable.opener
        opener.isResent = false
        // The read fails whether or not the trail can take it.
        try? record(
            AuditedEvent(.getSecretValue), of: request(from: opener), details, failure: failure)
        return failure
    }

    /// What a member's file holds: a string's text, unescaped; the JSON of anything else.
    private func text(of member: MemberRecord, in readable: ReadableVersion) throws(ServiceError)
        -> SecretBytes
    {
        do {
            let value = try keys.openValue(readable.sealed.span, context: readable.context)
            return try value.withBytes { value throws(SecretMemoryError) in
                try member.text(in: value)
            }
        } catch let error as KeyServiceError {
            throw failure(error, of: readable)
        } catch let error as SecretMemoryError {
            throw ServiceError(error)
        } catch {
            throw .internalServiceError("a member could not be read")
        }
    }

    /// Remembers the day on which a secret was read; the next change of the secret keeps it.
    func noteAccess(to record: SecretRecord, at time: Timestamp) {
        let day = UInt32(clamping: time.seconds / 86_400)
        guard record.lastAccessedDay != day else { return }
        state.withLock { $0.accessedDay[record.serial] = day }
    }
}
