internal import CofferCore
internal import KeyService
internal import SecretStore
internal import Synchronization

/// The policy that hangs on the store, for every secret that its statements' Resource matches.
struct StorePolicy {
    /// The document's place in the store.
    static let id = RecordID(.document, 1)
    /// Before a policy was ever put.
    static let none = StorePolicy(text: "", compiled: nil, revision: 0, tag: RecordTag.zero)

    /// The text as it was given; empty where there is none.
    var text: String
    var compiled: CompiledPolicy?
    /// The row's revision; 0 where there is no row.
    var revision: UInt64
    /// The row's part in the manifest's sum.
    var tag: RecordTag
}

extension SecretsManager {
    /// Puts the store policy's row into a transaction, if the change has one.
    func stageStorePolicy(
        _ change: Change, into transaction: inout Transaction, manifest: inout Manifest
    ) throws(ServiceError) -> StorePolicy? {
        guard let text = change.storePolicyText else { return nil }
        let before = state.withLock { $0.storePolicy }
        let context = RecordContext(StorePolicy.id, revision: before.revision + 1)
        let (sealed, tag) = try seal(Array(text.utf8), context: context)
        transaction.put(StorePolicy.id, expecting: before.revision, body: sealed)
        if before.revision == 0 { manifest.rowCount += 1 } else { manifest.sum ^= before.tag }
        manifest.sum ^= tag
        return StorePolicy(
            text: text, compiled: text.isEmpty ? nil : try compile(text, for: .store, inPlaceOf: before.text),
            revision: before.revision + 1,
            tag: tag)
    }

    /// A policy's text, parsed and its names resolved; names that the text before it had may be unknown by now.
    func compile(
        _ text: String, for scope: PolicyScope, inPlaceOf before: String?
    ) throws(ServiceError) -> CompiledPolicy {
        let known = before.flatMap { try? PolicyDocument(parsing: $0, for: scope).principals } ?? []
        do throws(PolicyError) {
            return try PolicyDocument(parsing: text, for: scope).resolved(by: users, tolerating: known)
        } catch {
            throw .malformedPolicyDocument(error.message)
        }
    }

    /// A record's policy, ready to be asked: the one it had before, if the text is the same.
    func compile(_ record: SecretRecord, unlessAs before: Secret?) throws(ServiceError) -> CompiledPolicy? {
        guard let text = record.policy else { return nil }
        if let before, before.record.policy == text, let policy = before.policy { return policy }
        return try compile(text, for: .secret, inPlaceOf: before?.record.policy)
    }
}
