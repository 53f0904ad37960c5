internal import AuditTrail
internal import CofferCore
internal import KeyService
internal import SecretStore
internal import Synchronization

/// The one place where it is decided who may do what: every operation takes the caller, authorizes, audits, and
/// only then acts, whichever door (mount or socket) the request came by.
///
/// Reads look at the catalog under a short lock and never wait for a writer's disk. Changes go one at a time: each is
/// prepared, recorded, committed durably, and only then shown.
public final class SecretsManager: Sendable {
    /// What is shared by everybody, under one lock that is never held across I/O.
    struct State: ~Copyable {
        var catalog = Catalog()
        /// The policy that hangs on the store.
        var storePolicy = StorePolicy.none
        /// The store policy's statements that match a secret's name, for the secrets asked for lately.
        var applicable: [UInt32: [CompiledStatement]] = [:]
        /// The day on which each secret was last read, where it isn't in the record yet.
        var accessedDay: [UInt32: UInt32] = [:]
    }

    /// What only the writer of the moment touches; holding this lock is what makes one the writer.
    struct WriterState {
        var manifest: Manifest
        var manifestRevision: UInt64
    }

    let state: Mutex<State>
    let writer: Mutex<WriterState>
    let store: any SecretStore
    let keys: any KeyService
    let trail: AuditTrail
    /// Before reads of the store, and before changes.
    let readGuard = StallGuard()
    let changeGuard = StallGuard(limit: 8, seconds: 5)
    let cache: SealedValueCache
    let users: any PrincipalResolver
    let requestNumber = Atomic<UInt64>(0)
    let refusedLooks = Mutex(RefusedLooks())
    let listeners = Mutex<[@Sendable (SecretChange) -> Void]>([])
    /// Whether a version of a secret is open.
    let openVersions = Mutex<@Sendable (UInt32, UInt32) -> Bool>({ _, _ in false })
    /// The settings it was opened with.
    public let configuration: Configuration
    /// The store's revision when it was opened.
    let openedRevision: UInt64

    init(
        state: consuming sending State, writer: WriterState, store: any SecretStore, keys: any KeyService,
        trail: AuditTrail,
        users: any PrincipalResolver, configuration: Configuration
    ) {
        self.state = Mutex(state)
        openedRevision = writer.manifestRevision
        self.writer = Mutex(writer)
        self.store = store
        self.keys = keys
        self.trail = trail
        self.users = users
        self.configuration = configuration
        cache = SealedValueCache(limit: configuration.cacheLimit)
    }

    /// Calls the handler after each change, on the thread that made it. The handler must not wait.
    public func onChange(_ handler: @escaping @Sendable (SecretChange) -> Void) {
        listeners.withLock { $0.append(handler) }
    }

    /// Writes the last checkpoint and closes the store and the trail. Nothing may be asked of the manager afterwards.
    public func close() {
        if !configuration.servesDespiteDamage { try? closeStore() }
        try? trail.sync()
        // Whoever may still hold the manager: the next one can open store and trail at once.
        trail.close()
        store.close()
        listeners.withLock { $0 = [] }
        openVersions.withLock { $0 = { _, _ in false } }
    }
}

extension SecretsManager {
    /// Gives store and trail up as they are, for a process that goes on with them at once: what `close` does for a long rest
    /// (the record of it, the log taken in, the file's sum, the disk waited for) would keep everybody waiting.
    ///
    /// Every change must be done. Nothing may be asked of the manager afterwards.
    public func leave() {
        trail.close()
        store.leave()
    }
}

/// What has changed for those who look at the tree: the secret as it was and as it is.
public struct SecretChange: Sendable {
    /// Before the change; nil where the secret is new, and where a policy for many secrets changed.
    public var before: SecretRecord?
    /// After it; nil where the secret is gone for good, and as above.
    public var after: SecretRecord?
    /// Whether who may see or read something may have changed.
    public var affectsAccess: Bool
    /// The store's revision that it made.
    public var revision: UInt64 = 0

    /// The secret's serial; nil where it is about many.
    public var serial: UInt32? { (after ?? before)?.serial }
}
