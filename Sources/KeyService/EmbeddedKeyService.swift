import CofferCore
public import SecretMemory
import Synchronization

/// The key service in this process: root key, keys and backing keys in guarded memory, no I/O but for key files.
///
/// A read takes `keys` only to look a key up; nothing is opened or sealed under the lock.
public final class EmbeddedKeyService: KeyService {
    public let storeID: StoreID
    public let defaultKeyID: KeyID
    let roots: RootKeys
    /// INVARIANT: each key under its own id, `defaultKeyID` among them.
    private let keys: Mutex<[KeyID: Key]>

    init(storeID: StoreID, roots: consuming RootKeys, keys: [Key]) throws(KeyServiceError) {
        guard let defaultKey = keys.first(where: { $0.details.aliases.contains(KeyID.defaultAlias) })
        else { throw .malformed(what: "the store's list of keys, which has no default key") }
        var table: [KeyID: Key] = [:]
        for key in keys where table.updateValue(key, forKey: key.id) != nil {
            throw .malformed(what: "the store's list of keys, which has one key twice")
        }
        self.storeID = storeID
        defaultKeyID = defaultKey.id
        self.roots = roots
        self.keys = Mutex(table)
    }

    public func keyState(_ id: KeyID) throws(KeyServiceError) -> KeyState { try key(id).details.state }

    /// The key of this id, in whatever state.
    func key(_ id: KeyID) throws(KeyServiceError) -> Key {
        guard let key = keys.withLock({ $0[id] }) else { throw .keyNotFound(id) }
        return key
    }

    /// Puts a key into the table, in place of the one of the same id.
    func install(_ key: Key) { keys.withLock { $0[key.id] = key } }

    /// The root key in guarded memory, for the supervisor that hands it to the next process of this mount: with it the store
    /// opens without a passphrase. Throws `outOfMemory`.
    public func resumption() throws(KeyServiceError) -> SecretBytes {
        try translating("the root key") { () throws(SecretMemoryError) in
            try roots.root.withBytes { (bytes) throws(SecretMemoryError) in try SecretBytes(copying: bytes) }
        }
    }

    public func auditKey() throws(KeyServiceError) -> SymmetricKey {
        try translating("the root key") { () throws(SecretMemoryError) in try roots.audit() }
    }
}
