internal import AuditTrail
internal import CofferCore
internal import Synchronization

/// Whether the store is as new as its audit trail: a store that was put back alone from an older copy isn't.
///
/// The record of each change names the revision that the store is to have with it, and so does the record of each closing.
/// A daemon that is killed between the record and the commit leaves the store one behind, and no more.
///
/// Within one mount the process before has noted its revisions in the journal, and the trail isn't looked through: since the
/// last change it may have grown by any number of reads.
enum StoreAge {
    private static let parameterName: StaticString = "storeRevision"

    /// What the record of the change that is about to be committed says.
    static func parameter(of writer: SecretsManager.WriterState) -> (name: String, value: String) {
        ("\(parameterName)", String(writer.manifestRevision + 1))
    }

    /// What is wrong, for people; nil where nothing is.
    static func complaint(
        of manifest: Manifest, revision: UInt64, against trail: borrowing AuditTrail,
        _ journal: (any RequestJournal)?
    ) throws(AuditError) -> String? {
        var told = journal?.highestRevision ?? 0
        if told == 0 { told = try trail.highestParameter(parameterName, after: manifest.auditSequence) ?? 0 }
        guard told > revision + 1 else { return nil }
        return
            "it is older than its audit trail: it is at revision \(revision), and the trail tells of revision \(told); it was put back from an older copy. Put back the newest copy, or mount with --accept-older-store, which goes on from this one and records that"
    }
}

extension SecretsManager {
    /// Goes on from a store that is older than its trail: from here on the trail fits it again.
    func acceptOlderStore(_ complaint: String) throws(ServiceError) {
        let caller = Caller(uid: configuration.ownerUID, gid: 0, pid: 0, door: .daemon)
        try writer.withLock { writer throws(ServiceError) in
            try record(
                AuditedEvent(name: "AcceptOlderStore", isReadOnly: false), of: request(from: caller),
                AuditDetails(), failure: .internalServiceError(complaint))
            try commit(Change(), with: &writer)
        }
    }

    /// Writes that the store is closed, and at which revision, with the last commit.
    func closeStore() throws(ServiceError) {
        let caller = Caller(uid: configuration.ownerUID, gid: 0, pid: 0, door: .daemon)
        try writer.withLock { writer throws(ServiceError) in
            var details = AuditDetails()
            details.parameters = [StoreAge.parameter(of: writer)]
            try record(
                AuditedEvent(name: "CloseStore", isReadOnly: false), of: request(from: caller), details)
            try commit(Change(), with: &writer)
        }
    }
}
