public import SecretMemory

/// The key with which a trail can be written and checked from one epoch on, and no earlier.
public struct EpochKey: ~Copyable, Sendable {
    /// The epoch: records from 4096 · `epoch` on.
    public let epoch: UInt64
    /// Its key.
    public let key: SymmetricKey
}

/// The keys of one epoch: 4096 records' worth of sealing.
///
/// The key of an epoch is derived from that of the epoch before, which is then wiped: there is no way back
/// from a key to the records of earlier epochs. libsodium: `crypto_kdf_derive_from_key`, context `CfrAudit`
/// (1: next epoch's key, 2: records, 3: the head file).
struct EpochKeys: ~Copyable {
    /// Records per epoch: record n belongs to epoch n / 4096.
    static let recordsPerEpoch: UInt64 = 4096
    /// Epochs that are derived at most in one go: 2^32 records, under two seconds.
    static let epochsAheadLimit: UInt64 = 1 << 20

    private static let context: StaticString = "CfrAudit"

    private(set) var epoch: UInt64
    private(set) var epochKey: SymmetricKey
    /// Seals records.
    private(set) var record: SymmetricKey
    /// Seals the head file.
    private(set) var head: SymmetricKey

    /// The epoch that a record belongs to.
    static func epoch(of sequence: UInt64) -> UInt64 { sequence / recordsPerEpoch }

    /// Starts from the key of `epoch`.
    init(key: consuming SymmetricKey, epoch: UInt64) throws(AuditError) {
        let record = try Self.derive(2, from: key)
        let head = try Self.derive(3, from: key)
        self.init(epoch: epoch, epochKey: key, record: record, head: head)
    }

    private init(
        epoch: UInt64, epochKey: consuming SymmetricKey, record: consuming SymmetricKey,
        head: consuming SymmetricKey
    ) {
        self.epoch = epoch
        self.epochKey = epochKey
        self.record = record
        self.head = head
    }

    private static func derive(
        _ id: UInt64, from key: borrowing SymmetricKey
    ) throws(AuditError) -> SymmetricKey {
        do throws(SecretMemoryError) {
            return try key.derive(subkey: id, context: context)
        } catch { throw .keys(error) }
    }

    /// Makes another one of the same epoch.
    borrowing func copy() throws(AuditError) -> EpochKeys {
        let key: SymmetricKey
        do throws(SecretMemoryError) { key = try epochKey.copy() } catch { throw .keys(error) }
        return try EpochKeys(key: key, epoch: epoch)
    }

    /// The epoch and its key, to be kept elsewhere.
    borrowing func exported() throws(AuditError) -> EpochKey {
        do throws(SecretMemoryError) {
            return EpochKey(epoch: epoch, key: try epochKey.copy())
        } catch { throw .keys(error) }
    }

    /// Goes on to `epoch` and wipes the keys on the way; does nothing if it is there already.
    mutating func advance(to epoch: UInt64) throws(AuditError) {
        guard epoch > self.epoch else { return }
        var key = try Self.derive(1, from: epochKey)
        for _ in self.epoch + 1..<epoch { key = try Self.derive(1, from: key) }
        self = try EpochKeys(key: key, epoch: epoch)
    }
}
