internal import CofferCore
internal import KeyService

/// One state of a secret, as it was committed. It doesn't change: a commit puts another in its place.
final class Secret: Sendable {
    let record: SecretRecord
    /// The record's revision in the store.
    let revision: UInt64
    /// The row's part in the manifest's sum.
    let tag: RecordTag
    /// The resource policy, ready to be asked; nil where there is none.
    let policy: CompiledPolicy?

    init(record: SecretRecord, revision: UInt64, tag: RecordTag, policy: CompiledPolicy?) {
        self.record = record
        self.revision = revision
        self.tag = tag
        self.policy = policy
    }

    /// Whether its deletion is scheduled: it is not in the tree, and its value can't be read.
    var isPendingDeletion: Bool { record.deletion != nil }
}
