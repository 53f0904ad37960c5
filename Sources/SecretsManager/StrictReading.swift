public import CofferCore
internal import KeyService

/// One read of a file of a strict secret, to be decided anew.
public struct StrictRead: Sendable {
    /// The secret's serial.
    public var secret: UInt32
    /// Who opened the file.
    public var openerUID: UInt32
    /// How its version was reached; the label too where it was by one.
    public var selector: VersionSelector
    /// The version that is read, where it is one.
    public var version: VersionID?
    /// The member's name; nil for the whole value.
    public var member: String?
    /// Whether the bytes would go into the page cache: a mapping, sendfile, splice.
    public var fillsPageCache: Bool

    public init(
        secret: UInt32, openerUID: UInt32, selector: VersionSelector, version: VersionID?, member: String?,
        fillsPageCache: Bool
    ) {
        self.secret = secret
        self.openerUID = openerUID
        self.selector = selector
        self.version = version
        self.member = member
        self.fillsPageCache = fillsPageCache
    }
}

extension SecretsManager {
    /// Whether the reads of a secret are decided one by one.
    public func isStrict(_ serial: UInt32) -> Bool { secret(serial)?.record.fileSettings.isStrict ?? false }

    /// Throws unless the one who reads is the one who opened, and may still open. A refusal is recorded, a read that
    /// goes on is not: its open was.
    ///
    /// - Throws: `accessDenied`; `invalidParameter` for what would fill the page cache.
    public func authorizeStrictRead(_ reader: Caller, _ read: StrictRead) throws(ServiceError) {
        let request = request(from: reader)
        do throws(ServiceError) {
            try decide(read, by: request)
        } catch {
            var details = AuditDetails(
                secretID: record(read.secret)?.name.text, versionID: read.version?.text, member: read.member)
            if case .stage(let label) = read.selector { details.versionStage = label.text }
            try record(AuditedEvent(.getSecretValue), of: request, details, failure: error)
            throw error
        }
    }

    private func decide(_ read: StrictRead, by request: Request) throws(ServiceError) {
        guard let secret = secret(read.secret), !secret.isPendingDeletion else {
            throw .accessDenied("the secret was deleted after this file of it was opened")
        }
        let name = secret.record.name
        guard !read.fillsPageCache else {
            throw .invalidParameter(
                "'\(name)' is strict: its files can't be mapped, sent or spliced, only read; `coffer chattr --no-strict` changes that"
            )
        }
        guard read.openerUID == request.caller.uid else {
            throw .accessDenied(
                "'\(name)' is strict: UID \(request.caller.uid) may not read through what UID \(read.openerUID) opened"
            )
        }
        var stage: StagingLabel?
        if case .stage(let label) = read.selector { stage = label }
        var target = target(secret, stage: stage)
        target.isStageKnown = stage != nil
        guard decide(.getSecretValue, on: target, by: request).isAllowed else {
            throw .accessDenied(
                "'\(name)' is strict, and no statement lets UID \(request.caller.uid) read it any more")
        }
    }
}
