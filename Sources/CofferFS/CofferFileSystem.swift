internal import CofferCore
public import Fuse
internal import SecretMemory
public import SecretsManager
internal import Synchronization

/// The tree of secrets as a file system: what DESIGN's section 2 draws, decided by the manager, answered to the kernel.
///
/// Nothing about the tree lives here but what is open and what was made and holds no secret yet.
public final class CofferFileSystem: FileSystem {
    let manager: SecretsManager
    let files: OpenFiles
    let nascent = NascentDirectories()
    let generations = Generations()
    let scratch: ScratchFiles
    /// What the process before left, and what the next one is left.
    let takeover: Takeover?
    let absences = Absences()
    let owners = ShownOwners()
    /// What drafts and scratch files may hold together.
    let budget: MemoryBudget
    let commits: WorkQueue
    let overdue = OverdueReplies()
    /// What watchers are still to be told of.
    let changes: ChangeEvents
    let events: (any EventMaker)?
    let notifications = Mutex<Notifications?>(nil)
    let log: @Sendable (String) -> Void
    private let heartbeat: @Sendable () -> Void
    /// When the mount began: the time of what has none of its own.
    let started: Timestamp

    /// The most bytes of one read or write.
    public static let maximumTransfer = 128 << 10
    /// How long the kernel may keep a name that everybody may see, in seconds. What changes is invalidated at once; this
    /// bounds the moment in which an answer and a change cross.
    static let sharedNameTimeoutSeconds = 1.0

    /// How many bytes all drafts and scratch files may have together; eight values of the greatest size, if that is more.
    static let leastMemoryForFiles = 32 << 20

    /// - Parameters:
    ///   - manager: decides, records and keeps.
    ///   - events: makes the system calls that tell watchers of a change; nil where nobody needs to be told.
    ///   - takeover: where this process takes a connection over, or leaves it to another one after it.
    ///   - heartbeat: is called about twice a second while requests are served.
    ///   - log: takes a line for the operator, when the store, the trail or the memory fails.
    public init(
        manager: SecretsManager, events: (any EventMaker)? = nil, takeover: Takeover? = nil,
        heartbeat: @escaping @Sendable () -> Void = {}, log: @escaping @Sendable (String) -> Void
    ) throws(Errno) {
        self.manager = manager
        self.takeover = takeover
        self.heartbeat = heartbeat
        files = OpenFiles(epoch: takeover?.epoch ?? 0, journal: takeover?.journal)
        scratch = ScratchFiles(epoch: takeover?.epoch ?? 0)
        self.events = events
        changes = try ChangeEvents()
        self.log = log
        started = manager.configuration.clock()
        commits = try WorkQueue()
        budget = MemoryBudget(
            limit: max(Self.leastMemoryForFiles, 8 * manager.configuration.valueLimit))
        commits.everyMinute { [weak self] in self?.tidy() }
    }

    /// Begins to tell the kernel of changes, through the session that serves this file system.
    public func start(notifying notifications: Notifications) {
        self.notifications.withLock { $0 = notifications }
        manager.onChange { [self] change in announce(change) }
        manager.keepVersions { [files] in files.isOpen($0, sequence: $1) }
    }

    /// Waits until every commit under way is done. No request may come any more.
    public func stop() {
        changes.stop()
        commits.stop()
        scratch.removeAll()
    }

    /// Whether nothing is being written.
    public var isAtRest: Bool { files.counts.drafts == 0 }

    public func watch() {
        heartbeat()
        let count = overdue.failThose(olderThan: .seconds(manager.configuration.deadlineSeconds))
        if count > 0 { log("\(count) changes did not reach the disk in time and were answered EIO") }
    }

    /// How many files are open, and how many of them are being written.
    public var openFileCounts: (open: Int, drafts: Int) { files.counts }

    func caller(_ request: Request) -> Caller {
        var caller = Caller(uid: request.uid, gid: request.gid, pid: request.pid, door: .mount)
        caller.request = request.number
        caller.isResent = request.isResent
        return caller
    }

    /// The errno of what the manager threw; what concerns the operator is logged.
    func errno(_ error: ServiceError) -> Errno {
        if error.isFault { log("\(error.code): \(error.message)") }
        return Errno(error)
    }
}
