public import CofferCore

/// The settings of a secrets manager.
public struct Configuration: Sendable {
    /// The most bytes a value may have: 64 KiB unless set, 16 MiB at most.
    public var valueLimit: Int = 65_536
    /// The highest `valueLimit`.
    public static let highestValueLimit = 16 << 20
    /// How many versions of a secret are kept; past that, the oldest without a label goes. AWS: about 100.
    public var versionsKept = 100
    /// The most bytes of sealed values kept in memory.
    public var cacheLimit = 8 << 20
    /// Who administers the store: the UID that runs the daemon.
    public var ownerUID: UInt32
    /// Whether damage found at the start is reported and passed over; the store is read-only then.
    public var servesDespiteDamage = false
    /// Whether a store that is older than its audit trail is gone on from.
    public var acceptsOlderStore = false
    /// After how many seconds a call on the mount that waits for the disk is answered EIO.
    public var deadlineSeconds = 10
    /// Remembers requests for the process that takes over from this one; nil where none does.
    public var journal: (any RequestJournal)?
    /// Where the time comes from.
    public var clock: @Sendable () -> Timestamp

    public init(ownerUID: UInt32, clock: @escaping @Sendable () -> Timestamp = Configuration.systemClock) {
        self.ownerUID = ownerUID
        self.clock = clock
    }
}
