import CFuse
import Glibc
import Synchronization

/// A file system served to the kernel: made, mounted (or attached), run, unmounted, in this order.
///
/// One session is one mount. It handles no signals that mean something to the process.
public final class Session: Sendable {
    /// Why `run` came back.
    public enum End: Hashable, Sendable {
        /// `requestExit` was called. The mount stands, and whoever calls into it waits.
        case exitRequested
        /// The file system was unmounted, or its connection aborted.
        case unmounted
        /// A loop could not go on.
        case failed(Errno)
    }

    private let connection: Connection
    private let notifier: Notifier
    private let mountPoint = Mutex<MountPoint?>(nil)
    private let loops: RequestLoops

    /// Makes a session that isn't mounted yet.
    public init(fileSystem: any FileSystem, options: MountOptions = unsafe MountOptions())
        throws(SessionError)
    {
        connection = try Connection(fileSystem: fileSystem, options: options)
        notifier = try Notifier(connection)
        loops = try RequestLoops(connection)
    }

    deinit {
        unmount()
        notifier.stop()
    }

    /// Mounts at `path`, a directory. From then on callers wait until `run` answers them.
    ///
    /// Who isn't root mounts through the program fusermount3.
    public func mount(at path: String) throws(SessionError) {
        let result = mountPoint.withLock { (current) -> Result<Void, SessionError> in
            guard current == nil, connection.device < 0 else { return .failure(.alreadyMounted) }
            do throws(SessionError) {
                var point = try MountPoint(path: path, allowOther: connection.options.allowOther)
                try point.mount(connection.options) { path throws(SessionError) in
                    try connection.mount(at: path)
                }
                current = point
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    /// Serves a connection that was opened elsewhere, in place of a mount: a descriptor of /dev/fuse that was handed
    /// over, or one end of a socket pair (`SOCK_SEQPACKET`, one message a request) whose other end speaks as the kernel does.
    ///
    /// The descriptor is the session's from then on. What is mounted with it is not this session's to unmount.
    ///
    /// - Parameter journal: what it leaves to the next process, and finds of the one before.
    public func attach(to descriptor: Int32, journal: TakeoverJournal? = nil) throws(SessionError) {
        connection.journal.withLock { $0 = journal }
        let result = mountPoint.withLock { current -> Result<Void, SessionError> in
            guard current == nil, connection.device < 0 else { return .failure(.alreadyMounted) }
            do throws(SessionError) {
                // libfuse takes such a path for a descriptor that is open already, and mounts nothing.
                try connection.mount(at: "/dev/fd/\(descriptor)")
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    /// Tells this session what the kernel asked the connection's first one: to be called after `attach`, once, before `run`.
    ///
    /// The answer goes to the kernel, which takes it from the first session only.
    public func replay(initRequest: [UInt8]) { loops.replay(initRequest) }

    /// Answers requests on `threadCount` threads of its own, until the file system is unmounted or `requestExit` is called.
    ///
    /// Every request that was read is answered, or its reply handed on, before it comes back.
    @discardableResult
    public func run(threadCount: Int = 1) -> End {
        loops.run(threadCount: max(threadCount, 1))
    }

    /// Makes `run` come back once the requests that its threads work on are done; later calls of `run` come back at once.
    ///
    /// Requests that wait in the kernel stay there.
    public func requestExit() {
        loops.requestExit()
    }

    /// Takes the file system off its mount point.
    ///
    /// While `run` serves, files that are open stay usable, and `run` comes back when the last one is closed.
    /// When it doesn't, the connection ends: calls that wait fail with `ECONNABORTED`.
    public func unmount() {
        mountPoint.withLock { current in
            guard let point = current, connection.device >= 0 else { return }
            if !point.isDetached && !connection.isDisconnected {
                point.detach(wasServed: connection.isInitialized.load(ordering: .relaxed))
            }
            current?.isDetached = true
            if !loops.isRunning { connection.disconnect() }
        }
    }

    /// Tells the kernel of changes that it did not make itself.
    public var notifications: Notifications { Notifications(notifier: notifier) }
}
