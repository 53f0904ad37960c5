internal import AuditTrail
internal import CofferCore
internal import KeyService
internal import SecretStore
internal import Synchronization

/// What one operation wants to be true afterwards; all of it happens, or none.
struct Change {
    /// New states of secrets, each with the state it was made from (nil: the secret is new).
    var secrets: [(record: SecretRecord, before: Secret?)] = []
    /// Secrets that go for good.
    var removed: [Secret] = []
    var valuePuts: [(id: ValueID, sealed: [UInt8])] = []
    var valueDeletes: [ValueID] = []
    /// The store policy's new text; an empty one takes the policy away.
    var storePolicyText: String?
    /// The serial that the next new secret gets, where this change used one.
    var nextSerial: UInt32?
    /// What the listeners are told.
    var announcements: [SecretChange] = []

    var isEmpty: Bool { secrets.isEmpty && removed.isEmpty && storePolicyText == nil }
}

/// What an operation prepared: the change, what it answers, and what the audit trail will say.
struct Plan<Result> {
    var change: Change
    var result: Result
    var details: AuditDetails
}

extension SecretsManager {
    /// Runs a change: prepare (authorize first), record, commit, show.
    ///
    /// A refusal is recorded. A commit that fails after its record leaves a second one with the error.
    func change<Result>(
        _ event: AuditedEvent, by request: Request, _ details: AuditDetails,
        _ prepare: (inout WriterState) throws(ServiceError) -> Plan<Result>
    ) throws(ServiceError) -> Result {
        let done = try changeGuard.pass { () throws(ServiceError) in
            try writer.withLock {
                writer throws(ServiceError) -> (Result, [SecretChange]) in
                var plan: Plan<Result>
                do throws(ServiceError) {
                    plan = try prepare(&writer)
                    if !plan.change.isEmpty { try checkWritable() }
                } catch {
                    try record(event, of: request, details, failure: error)
                    throw error
                }
                if !plan.change.isEmpty { plan.details.parameters.append(StoreAge.parameter(of: writer)) }
                // What changes nothing was asked for all the same, and its answer may tell something.
                try record(event, of: request, plan.details)
                if plan.change.isEmpty { return (plan.result, []) }
                let revision = writer.manifestRevision + 1
                for index in plan.change.announcements.indices {
                    plan.change.announcements[index].revision = revision
                }
                do throws(ServiceError) {
                    note(plan.change, as: revision, by: request)
                    try commit(plan.change, with: &writer)
                } catch {
                    withdraw(revision, by: request)
                    try? record(event, of: request, plan.details, failure: error)
                    throw error
                }
                return (plan.result, plan.change.announcements)
            }
        }
        guard let (result, announcements) = done else { throw .stalledStore }
        if !announcements.isEmpty {
            let handlers = listeners.withLock { $0 }
            for announcement in announcements { for handler in handlers { handler(announcement) } }
        }
        return result
    }

    /// Notes for the next process what is about to be the store's revision.
    private func note(_ change: Change, as revision: UInt64, by request: Request) {
        guard let journal = configuration.journal else { return }
        if request.caller.request != 0 { journal.noteChange(revision, of: request.caller.request) }
        for announcement in change.announcements {
            journal.noteTelling(of: announcement.serial, revision: revision)
        }
    }

    /// Takes that back: it failed.
    private func withdraw(_ revision: UInt64, by request: Request) {
        guard let journal = configuration.journal else { return }
        if request.caller.request != 0 { journal.withdrawChange(of: request.caller.request) }
        journal.withdrawTelling(revision: revision)
    }

    /// Throws where a damaged store is served as it is.
    func checkWritable() throws(ServiceError) {
        guard configuration.servesDespiteDamage else { return }
        throw .storeReadOnly(
            "the store is open despite damage, so nothing is written; restore it from a backup")
    }

    /// Seals and commits a change in one durable transaction, with the manifest, and then shows it.
    func commit(_ change: Change, with writer: inout WriterState) throws(ServiceError) {
        var transaction = Transaction()
        var manifest = writer.manifest
        var shown: [Secret] = []
        for (changed, before) in change.secrets {
            var record = changed
            if let day = state.withLock({ $0.accessedDay[record.serial] }) { record.lastAccessedDay = day }
            let revision = (before?.revision ?? 0) + 1
            let id = RecordID(.secret, UInt64(record.serial))
            let context = RecordContext(id, revision: revision)
            let (sealed, tag) = try seal(record.encoded, context: context)
            transaction.put(id, expecting: before?.revision ?? 0, body: sealed)
            manifest.sum ^= tag
            if let before { manifest.sum ^= before.tag } else { manifest.rowCount += 1 }
            shown.append(
                Secret(
                    record: record, revision: revision, tag: tag,
                    policy: try compile(record, unlessAs: before)))
        }
        for secret in change.removed {
            let id = RecordID(.secret, UInt64(secret.record.serial))
            transaction.delete(id, expecting: secret.revision)
            transaction.deleteValues(ofSecret: secret.record.serial)
            manifest.sum ^= secret.tag
            manifest.rowCount -= 1
        }
        let storePolicy = try stageStorePolicy(change, into: &transaction, manifest: &manifest)
        for put in change.valuePuts { transaction.putValue(put.id, body: put.sealed) }
        for id in change.valueDeletes { transaction.deleteValue(id) }
        if let next = change.nextSerial { manifest.nextSerial = next }
        let checkpoint = trail.checkpoint
        manifest.auditSequence = checkpoint.sequence
        manifest.auditMAC = checkpoint.mac
        try stage(manifest, revision: writer.manifestRevision, into: &transaction)
        configuration.journal?.noteRevision(writer.manifestRevision + 1)

        do {
            try store.commit(transaction)
        } catch {
            throw ServiceError(error)
        }
        writer.manifest = manifest
        writer.manifestRevision += 1
        show(change, as: shown, storePolicy: storePolicy)
    }

    private func stage(
        _ manifest: Manifest, revision: UInt64, into transaction: inout Transaction
    ) throws(ServiceError) {
        let context = RecordContext(Manifest.id, revision: revision + 1)
        let (sealed, _) = try seal(manifest.encoded, context: context)
        transaction.put(Manifest.id, expecting: revision, body: sealed)
    }

    private func show(_ change: Change, as shown: [Secret], storePolicy: StorePolicy?) {
        for put in change.valuePuts { cache.insert(put.sealed, for: put.id) }
        for id in change.valueDeletes { cache.remove(id) }
        state.withLock { state in
            for secret in shown {
                state.catalog.put(secret)
                state.accessedDay[secret.record.serial] = nil
            }
            for secret in change.removed {
                state.catalog.remove(secret.record.serial)
                state.applicable[secret.record.serial] = nil
            }
            if let storePolicy {
                state.storePolicy = storePolicy
                state.applicable = [:]
            }
        }
    }

    /// Seals one row, and tells its part in the manifest's sum.
    func seal(_ plain: [UInt8], context: RecordContext) throws(ServiceError) -> ([UInt8], RecordTag) {
        do {
            let sealed = try keys.sealRecord(plain, context: context)
            return (sealed, try keys.recordTag(sealed, context: context))
        } catch {
            throw ServiceError(error)
        }
    }
}
