public import CofferCore
internal import KeyService
public import SecretMemory
internal import SecretStore

/// What a draft will become when it is committed.
public struct DraftTarget: Sendable {
    /// The secret's name; it need not exist yet where the label is AWSCURRENT and no member is named.
    public var name: SecretName
    /// The label that the new version gets.
    public var label: StagingLabel
    /// The member to change or add; nil for the whole value.
    public var member: String?

    public init(name: SecretName, label: StagingLabel, member: String?) {
        self.name = name
        self.label = label
        self.member = member
    }
}

/// What a writer says the labelled version must be when they commit.
public enum ExpectedVersion: Sendable, Equatable {
    /// None: the secret isn't there yet, or no version bears the label.
    case absent
    case id(VersionID)

    /// Reads `none` or a version's id; nil for anything else.
    public init?(_ text: String) {
        if text == "none" {
            self = .absent
        } else if let id = VersionID(text) {
            self = .id(id)
        } else {
            return nil
        }
    }

    /// What it was read from.
    public var text: String {
        switch self {
        case .absent: "none"
        case .id(let id): id.text
        }
    }
}

/// What a draft began with.
public struct DraftBase: Sendable {
    /// The version whose bytes it starts from; nil where there is none.
    public let version: ReadableVersion?
}

// Files that are written: a private draft until it is committed as one version.
extension SecretsManager {
    /// Opens a file for writing: authorized and recorded, and what the draft starts from.
    ///
    /// - Parameter alsoReads: the file is opened for reading too, which takes GetSecretValue.
    public func openDraft(
        _ caller: Caller, _ target: DraftTarget, alsoReads: Bool
    ) throws(ServiceError) -> DraftBase {
        let request = request(from: caller)
        var details = AuditDetails(
            secretID: target.name.text, versionStage: target.label.text, member: target.member)
        return try read(.openDraft, by: request, &details) { details throws(ServiceError) in
            try checkWritable()
            guard let secret = secret(named: target.name) else {
                try authorize(.createSecret, on: target.name, by: request)
                return DraftBase(version: nil)
            }
            try authorize(.putSecretValue, on: secret, stage: target.label, by: request)
            try checkNotPendingDeletion(secret.record)
            if alsoReads { try authorize(.getSecretValue, on: secret, stage: target.label, by: request) }
            guard let version = secret.record.version(labelled: target.label) else {
                return DraftBase(version: nil)
            }
            details.versionID = version.id.text
            if alsoReads { noteAccess(to: secret.record, at: request.time) }
            return DraftBase(
                version: try base(of: secret.record, version, member: target.member, opener: caller))
        }
    }

    private func base(
        of record: SecretRecord, _ version: VersionRecord, member name: String?, opener: Caller
    ) throws(ServiceError) -> ReadableVersion? {
        try checkKey(of: version)
        var member: MemberRecord?
        if let name {
            member = record.memberNumber(name).flatMap { number in
                version.content.members.first { $0.number == number }
            }
            guard member != nil || version.content.isObject else {
                throw .invalidRequest(
                    "the value of '\(record.name)' is not a JSON object, so it can't have a member '\(name)'")
            }
            if member == nil { return nil }
        }
        return ReadableVersion(
            secret: record.serial, name: record.name, version: version, member: member,
            isStrict: record.fileSettings.isStrict, sealed: try sealedValue(of: record, version),
            opener: opener)
    }

    /// Commits what was written: a new version with the label, in one durable transaction.
    ///
    /// - Parameters:
    ///   - base: what the draft started from; equal bytes make no version.
    ///   - committed: the version that this open file made before. It is written anew where it still is the newest and
    ///     bears the label, so that one open file makes one version.
    ///   - expected: what the version with the label must be; compared in the transaction that makes the new one.
    /// - Returns: the version; nil where none was made.
    public func commitDraft(
        _ caller: Caller, _ target: DraftTarget, file: borrowing SecretBytes, base: ReadableVersion?,
        committed: WrittenVersion?, expecting expected: ExpectedVersion? = nil
    ) throws(ServiceError) -> WrittenVersion? {
        if committed == nil, let base, try isUnchanged(file, from: base) {
            // Nothing to write is no agreement that what is there now is what the writer saw.
            try check(expected, of: target, secret(named: target.name), committed)
            return nil
        }
        let request = request(from: caller)
        let id = committed?.version?.id ?? VersionID(random: Random.bytes(16))
        let details = AuditDetails(
            secretID: target.name.text, versionID: id.text, versionStage: target.label.text,
            member: target.member)
        return try unsafe file.withUnsafeBytes { bytes throws(ServiceError) in
            let span = unsafe bytes.assumingMemoryBound(to: UInt8.self).span
            let isNew = secret(named: target.name) == nil
            return try change(AuditedEvent(isNew ? .createSecret : .putSecretValue), by: request, details) {
                writer throws(ServiceError) -> Plan<WrittenVersion> in
                let secret = secret(named: target.name)
                // What was deleted meanwhile does not come back by a file that was still open, nor by one of its namesake's.
                if let began = base?.secret ?? committed?.secret, began != secret?.record.serial {
                    throw .preconditionNotMet(
                        "'\(target.name)' was deleted while it was open for writing; what was written is not kept"
                    )
                }
                guard let secret else {
                    try check(expected, of: target, nil, committed)
                    return try planFirstVersion(target, span, id: id, by: request, writer, details)
                }
                try authorize(.putSecretValue, on: secret, stage: target.label, by: request)
                try check(expected, of: target, secret, committed)
                try checkNotPendingDeletion(secret.record)
                guard let member = target.member else {
                    return try planDraft(secret, target, span, id: id, committed, by: request, details)
                }
                let object = try editedObject(secret.record, target.label, setting: member, to: span)
                return try object.withBytes { object throws(ServiceError) in
                    try planDraft(secret, target, object, id: id, committed, by: request, details)
                }
            }
        }
    }

    /// Throws where the version with the label is neither what the writer expects nor what this open file has made.
    private func check(
        _ expected: ExpectedVersion?, of target: DraftTarget, _ secret: Secret?, _ committed: WrittenVersion?
    ) throws(ServiceError) {
        guard let expected else { return }
        let present = secret?.record.version(labelled: target.label)?.id
        if let present, present == committed?.version?.id { return }
        guard expected != present.map(ExpectedVersion.id) ?? .absent else { return }
        throw .preconditionNotMet(
            "\(target.label) of '\(target.name)' is version \(present?.text ?? "none") and not \(expected.text); nothing was written: read it again"
        )
    }

    private func isUnchanged(
        _ file: borrowing SecretBytes, from base: ReadableVersion
    ) throws(ServiceError) -> Bool {
        guard file.count == base.size else { return false }
        return file.isEqual(to: try readAll(base))
    }

    private func planDraft(
        _ secret: Secret, _ target: DraftTarget, _ value: Span<UInt8>, id: VersionID,
        _ committed: WrittenVersion?,
        by request: Request, _ details: AuditDetails
    ) throws(ServiceError) -> Plan<WrittenVersion> {
        if let version = committed?.version, committed?.secret == secret.record.serial,
            secret.record.version(labelled: target.label)?.sequence == version.sequence,
            secret.record.nextSequence == version.sequence + 1
        {
            var record = secret.record
            let made = try replaceVersion(version.sequence, of: &record, value: value, at: request.time)
            return plan(record, from: secret, made: made, details)
        }
        // Another writer came in between: what is written now stands on top of theirs.
        let fresh = committed == nil ? id : VersionID(random: Random.bytes(16))
        var details = details
        details.versionID = fresh.text
        return try planVersion(
            of: secret, value: value, id: fresh, stages: [target.label], isText: nil, by: request, details)
    }

    private func editedObject(
        _ record: SecretRecord, _ label: StagingLabel, setting member: String, to file: Span<UInt8>
    ) throws(ServiceError) -> SecretBytes {
        guard ContentAnalysis.canBeFileName(member) else {
            throw .invalidParameter("'\(member)' can't be a member that is a file")
        }
        let version = try version(of: record, id: nil, stage: label)
        let value = try openValue(of: record, version)
        return try value.withBytes { value throws(ServiceError) in
            guard let layout = JSONObjectLayout(scanning: value) else {
                throw .invalidRequest(
                    "the value of '\(record.name)' is not a JSON object, so it can't have a member '\(member)'"
                )
            }
            return try MemberEdit.object(value, layout: layout, setting: member, to: file)
        }
    }

    private func planFirstVersion(
        _ target: DraftTarget, _ value: Span<UInt8>, id: VersionID, by request: Request,
        _ writer: WriterState,
        _ details: AuditDetails
    ) throws(ServiceError) -> Plan<WrittenVersion> {
        guard target.member == nil, target.label == .current else {
            throw .invalidRequest("the first version of '\(target.name)' is written to current/value")
        }
        var new = NewSecret(name: target.name)
        new.token = id
        return try planSecret(new, value: value, isText: nil, by: request, writer, details)
    }
}
