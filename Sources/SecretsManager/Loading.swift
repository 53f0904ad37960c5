public import AuditTrail
public import CofferCore
public import KeyService
public import SecretStore

/// Why a store could not be opened.
public enum LoadError: Error, Sendable {
    /// Rows are damaged, gone or out of place; each line names one.
    case damaged([String])
    /// The engine failed.
    case store(StoreError)
    /// The audit trail could not be opened.
    case audit(AuditError)
    /// The keys failed.
    case keys(KeyServiceError)

    /// What went wrong and what to do, for people.
    public var message: String {
        switch self {
        case .damaged(let what):
            "the store is damaged:\n  " + what.joined(separator: "\n  ")
                + "\nRestore it from a backup; or mount with --despite-damage, which serves the rest read-only"
        case .store(let error): error.description
        case .audit(let error): error.message
        case .keys(let error): error.message
        }
    }
}

/// A store that was opened, and what the operator should know of it.
public struct OpenedStore: Sendable {
    public let manager: SecretsManager
    /// What is damaged and was passed over, where the configuration says to serve despite it.
    public let damage: [String]
    /// What isn't damage but isn't right: an audit trail that had to be mended, names in policies that nobody has.
    public let warnings: [String]
}

extension SecretsManager {
    /// The rows of a new store that has no secret yet: the key service's, and the manifest over them. For `coffer init`.
    public static func initialRows(
        header: [UInt8], keys rows: [(number: UInt64, body: [UInt8])], sealedBy keys: any KeyService
    ) throws(LoadError) -> Transaction {
        var transaction = Transaction()
        var manifest = Manifest.empty
        do {
            transaction.put(RecordID(.header, 1), expecting: 0, body: header)
            for row in rows { transaction.put(RecordID(.key, row.number), expecting: 0, body: row.body) }
            for put in transaction.puts {
                manifest.sum ^= try keys.recordTag(put.body.span, context: RecordContext(put.id, revision: 1))
                manifest.rowCount += 1
            }
            let sealed = try keys.sealRecord(
                manifest.encoded, context: RecordContext(Manifest.id, revision: 1))
            transaction.put(Manifest.id, expecting: 0, body: sealed)
        } catch {
            throw .keys(error)
        }
        return transaction
    }

    /// The key service's rows of a store, to unlock it with.
    public static func keyRows(
        of store: any SecretStore
    ) throws(LoadError) -> (header: [UInt8], keys: [(number: UInt64, body: [UInt8])]) {
        do {
            guard let header = try store.record(RecordID(.header, 1)) else {
                throw LoadError.damaged([
                    "the record header number 1, without which the store can't be unlocked, is missing"
                ])
            }
            var keys: [(number: UInt64, body: [UInt8])] = []
            try store.records(of: .key) { keys.append(($0.id.number, $0.body)) }
            return (header.body, keys)
        } catch let error as StoreError {
            throw .store(error)
        } catch let error as LoadError {
            throw error
        } catch {
            throw .damaged(["the keys can't be read"])
        }
    }

    /// Opens a store: every row of metadata is unsealed and held against the manifest, and the audit trail is opened.
    ///
    /// - Parameters:
    ///   - auditDirectory: where the trail lies, or is made.
    ///   - users: resolves the names in policies.
    public static func open(
        store: any SecretStore, keys: any KeyService, auditDirectory: String, users: any PrincipalResolver,
        configuration: Configuration
    ) throws(LoadError) -> OpenedStore {
        var loader = Loader(store: store, keys: keys, users: users)
        try loader.load()
        if !loader.damage.isEmpty, !configuration.servesDespiteDamage { throw .damaged(loader.damage) }
        let manifest = loader.manifest ?? .empty
        let trail: AuditTrail
        do {
            let key = try keys.auditKey()
            let expected =
                manifest.auditMAC.isEmpty
                ? nil : Checkpoint(sequence: manifest.auditSequence, mac: manifest.auditMAC)
            trail = try AuditTrail(
                directory: auditDirectory, key: key, trailID: keys.storeID.bytes, expecting: expected)
        } catch let error as AuditError {
            throw .audit(error)
        } catch let error as KeyServiceError {
            throw .keys(error)
        } catch {
            throw .damaged(["the audit trail could not be opened"])
        }
        let revision = loader.manifestRevision
        var (damage, warnings) = (loader.damage, loader.warnings)
        var state = State()
        state.storePolicy = loader.storePolicy
        state.catalog = loader.catalog
        let writer = WriterState(manifest: manifest, manifestRevision: revision)
        let manager = SecretsManager(
            state: state, writer: writer, store: store, keys: keys, trail: trail, users: users,
            configuration: configuration)
        if let complaint = try checkAge(of: manager, manifest, revision: revision) {
            damage.append(complaint)
        }
        configuration.journal?.noteRevision(revision)
        if let recovery = trail.recovery { warnings.append("the audit trail: \(recovery.message)") }
        return OpenedStore(manager: manager, damage: damage, warnings: warnings)
    }
}

extension SecretsManager {
    /// Holds the store against its trail: nil where it is as new, a complaint where an older one is served all the same.
    private static func checkAge(
        of manager: SecretsManager, _ manifest: Manifest, revision: UInt64
    ) throws(LoadError) -> String? {
        let complaint: String?
        do {
            complaint = try StoreAge.complaint(
                of: manifest, revision: revision, against: manager.trail,
                manager.configuration.journal)
        } catch {
            throw .audit(error)
        }
        guard let complaint, !manager.configuration.servesDespiteDamage else { return complaint }
        guard manager.configuration.acceptsOlderStore else { throw .damaged([complaint]) }
        do {
            try manager.acceptOlderStore(complaint)
        } catch {
            throw .damaged([error.message])
        }
        return complaint
    }
}

/// Reads every row of a store's metadata once.
private struct Loader {
    let store: any SecretStore
    let keys: any KeyService
    let users: any PrincipalResolver
    var catalog = Catalog()
    var storePolicy = StorePolicy.none
    var manifest: Manifest?
    var manifestRevision: UInt64 = 0
    var damage: [String] = []
    var warnings: [String] = []
    private var sum = RecordTag.zero
    private var rowCount: UInt64 = 0

    init(store: any SecretStore, keys: any KeyService, users: any PrincipalResolver) {
        self.store = store
        self.keys = keys
        self.users = users
    }

    mutating func load() throws(LoadError) {
        try unseal(.manifest) { loader, record, plain in
            loader.manifest = try Manifest(decoding: plain)
            loader.manifestRevision = record.revision
        }
        try countKeyRows()
        if manifest == nil {
            damage.append("the manifest, which holds the store's rows together, is missing")
        }
        try unseal(.document) { loader, record, plain in
            guard record.id == StorePolicy.id else { return }
            let text = String(decoding: plain, as: UTF8.self)
            loader.storePolicy = StorePolicy(
                text: text,
                compiled: text.isEmpty ? nil : loader.compile(text, for: .store, of: "the store's policy"),
                revision: record.revision, tag: try loader.count(record))
        }
        try unseal(.secret) { loader, record, plain in
            let decoded = try SecretRecord(decoding: plain)
            guard UInt64(decoded.serial) == record.id.number else {
                throw BinaryFormatError(offset: 0, expected: "the secret of this row")
            }
            let policy = decoded.policy.flatMap {
                loader.compile($0, for: .secret, of: "the policy of '\(decoded.name)'")
            }
            loader.catalog.put(
                Secret(
                    record: decoded, revision: record.revision, tag: try loader.count(record), policy: policy)
            )
        }
        checkSum()
        damage += store.damagedParts
    }

    /// Unseals each row of a kind; one that fails is named, and the others go on.
    private mutating func unseal(
        _ kind: RecordKind, _ body: (inout Loader, Record, [UInt8]) throws -> Void
    ) throws(LoadError) {
        var loader = self
        do {
            try store.records(of: kind) { record in
                do {
                    let plain = try loader.keys.openRecord(record.body.span, context: record.context)
                    try body(&loader, record, plain)
                } catch let error as KeyServiceError {
                    loader.damage.append("the record \(kind) number \(record.id.number): \(error.message)")
                } catch let error as BinaryFormatError {
                    loader.damage.append(
                        "the record \(kind) number \(record.id.number) is not what this version writes: expected \(error.expected) at byte \(error.offset)"
                    )
                }
            }
        } catch let error as StoreError {
            loader.damage.append("the records of kind \(kind) can't all be read: \(error.description)")
        } catch {
            loader.damage.append("the records of kind \(kind) can't all be read")
        }
        self = loader
    }

    /// The key service's rows are no records of ours, but a row put back from an older copy shows in the sum.
    private mutating func countKeyRows() throws(LoadError) {
        var loader = self
        do {
            for kind in [RecordKind.header, .key] {
                try store.records(of: kind) { _ = try loader.count($0) }
            }
        } catch let error as StoreError {
            loader.damage.append("the records of the keys can't all be read: \(error.description)")
        } catch let error as KeyServiceError {
            throw .keys(error)
        } catch {
            loader.damage.append("the records of the keys can't all be read")
        }
        self = loader
    }

    private mutating func count(_ record: Record) throws(KeyServiceError) -> RecordTag {
        let tag = try keys.recordTag(record.body.span, context: record.context)
        sum ^= tag
        rowCount += 1
        return tag
    }

    private mutating func checkSum() {
        guard let manifest, damage.isEmpty else { return }
        if manifest.rowCount != rowCount {
            damage.append(
                "the manifest counts \(manifest.rowCount) records and the store has \(rowCount): some were removed or added"
            )
        } else if manifest.sum != sum {
            damage.append(
                "a record was put back from an older copy of the store: the manifest does not agree with the records"
            )
        }
    }

    /// A stored policy, compiled. A user or group that the machine doesn't know any more is told as a warning.
    private mutating func compile(_ text: String, for scope: PolicyScope, of what: String) -> CompiledPolicy?
    {
        do {
            let policy = try PolicyDocument(parsing: text, for: scope).resolvedLeniently(by: users)
            warnings += policy.warnings(of: what)
            return policy
        } catch {
            damage.append("\(what) does not parse any more: \(error.message)")
            return nil
        }
    }
}

extension RecordContext {
    init(_ id: RecordID, revision: UInt64) {
        self.init(kind: id.kind.rawValue, number: id.number, revision: revision)
    }
}

extension Record {
    fileprivate var context: RecordContext {
        RecordContext(id, revision: revision)
    }
}
