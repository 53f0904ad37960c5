import CofferCore
import Glibc
public import SecretMemory

// Making a store's keys, and unlocking them again.
extension EmbeddedKeyService {
    /// A key as the store keeps it: the number of its row, and the row's bytes.
    public typealias StoredKey = (number: UInt64, body: [UInt8])

    /// Makes the keys of a new store: a root key that `protector` unlocks, and the default key.
    ///
    /// Returns what the store must keep: the header, and one row for each key.
    /// - Throws: `keyFileUnreadable`, `wrongKeyFile`, `outOfMemory`.
    public static func create(
        protector: borrowing Protector, passphraseCost: PassphraseHash = .moderate
    ) throws(KeyServiceError) -> (service: EmbeddedKeyService, header: [UInt8], keys: [StoredKey]) {
        let store = StoreID.random()
        let roots = try Self.roots(from: try Self.randomKey())
        let slot = try UnlockSlot.make(
            id: 1, store: store, root: roots.root, for: protector, cost: passphraseCost)
        let header = StoreHeader(store: store, slots: [slot]).encoded(with: roots.header)
        let now = Self.now
        let details = KeyDetails(
            state: .enabled, created: now, aliases: [KeyID.defaultAlias], backingKeysCreated: [now])
        let key = Key(
            id: .random(), row: 1, details: details,
            backingKeys: [BackingKey(number: 1, key: try Self.randomKey())])
        let service = try EmbeddedKeyService(storeID: store, roots: roots, keys: [key])
        return (service, header, [try service.write(key)])
    }

    /// Unlocks the keys of a store from what `create` returned.
    ///
    /// - Throws: `wrongPassphrase`, `wrongKeyFile`, `keyFileUnreadable`, `noSuchSlot`, `slotDamaged`, `malformed`,
    ///   `newerFormat`, `authenticationFailed`, `outOfMemory`.
    public convenience init(
        unlocking header: [UInt8], keys: [StoredKey], with protector: borrowing Protector
    ) throws(KeyServiceError) {
        let header = try StoreHeader(parsing: header)
        try self.init(header, root: try header.unlock(with: protector), keys: keys)
    }

    /// Unlocks the keys of a store with what `resumption` gave out, for the next process of the same mount.
    ///
    /// - Throws: as with a protector; `authenticationFailed` where the key is of another store.
    public convenience init(
        resuming key: borrowing SecretBytes, header: [UInt8], keys: [StoredKey]
    ) throws(KeyServiceError) {
        let root: SymmetricKey
        do {
            root = try SymmetricKey(copying: key)
        } catch {
            throw KeyServiceError(error, what: "the key of the process before")
        }
        try self.init(try StoreHeader(parsing: header), root: root, keys: keys)
    }

    private convenience init(
        _ header: StoreHeader, root: consuming SymmetricKey, keys: [StoredKey]
    ) throws(KeyServiceError) {
        let roots = try Self.roots(from: root)
        try header.verify(with: roots.header)
        var unlocked: [Key] = []
        for stored in keys {
            unlocked.append(
                try KeyRecord.read(
                    stored.body, row: stored.number, with: roots.wrapping, store: header.store))
        }
        try self.init(storeID: header.store, roots: roots, keys: unlocked)
    }

    private static func randomKey() throws(KeyServiceError) -> SymmetricKey {
        try translating("a new key") { () throws(SecretMemoryError) in try SymmetricKey.random() }
    }

    private static func roots(from root: consuming SymmetricKey) throws(KeyServiceError) -> RootKeys {
        do { return try RootKeys(root: root) } catch { throw KeyServiceError(error, what: "the root key") }
    }

    /// Makes a new key file at `path`, mode 0600; never touches a file that is there already.
    ///
    /// It unlocks nothing until a store or a slot is made with it.
    /// - Throws: `keyFileUnwritable`, `outOfMemory`.
    public static func makeKeyFile(at path: String) throws(KeyServiceError) { try KeyFile.make(at: path) }

    /// Returns `header` with one more slot, which `protector` opens; the caller stores it.
    ///
    /// - Throws: `authenticationFailed` for a header of another store or one that was changed, `malformed`,
    ///   `keyFileUnreadable`, `wrongKeyFile`, `outOfMemory`.
    public func header(
        _ header: [UInt8], adding protector: borrowing Protector, passphraseCost: PassphraseHash = .moderate
    ) throws(KeyServiceError) -> [UInt8] {
        var header = try StoreHeader(parsing: header)
        try header.verify(with: roots.header)
        header.add(
            try UnlockSlot.make(
                id: header.nextSlotID, store: storeID, root: roots.root, for: protector, cost: passphraseCost)
        )
        return header.encoded(with: roots.header)
    }

    private static var now: Timestamp {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
