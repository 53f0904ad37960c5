import CFuse
import Glibc
import Synchronization

/// Queue of notifications and the thread that carries them out.
///
/// The thread begins with the first one, so that a process may still fork before.
final class Notifier: Sendable {
    enum Notice: Sendable {
        case entry(parent: InodeNumber, name: String)
        case inode(InodeNumber, offset: Int64, length: Int64)
        case deletion(parent: InodeNumber, child: InodeNumber, name: String)
        /// Writes a byte to a descriptor, for who waits there.
        case mark(descriptor: Int32)
    }

    private struct State {
        var notices: [Notice] = []
        var isStarted = false
        var isStopped = false
    }

    private let connection: Connection
    private let state = Mutex(State())
    private let wake: Int32

    init(_ connection: Connection) throws(SessionError) {
        self.connection = connection
        wake = eventfd(0, Int32(EFD_CLOEXEC))
        guard wake >= 0 else { throw .systemRefused(.current) }
    }

    deinit {
        _ = close(wake)
    }

    /// Puts a notice into the queue; nothing happens after `stop`.
    @discardableResult
    func post(_ notice: Notice) -> Bool {
        let isTaken = state.withLock { state in
            guard !state.isStopped else { return false }
            if !state.isStarted {
                guard let thread = try? PlainThread.start({ self.carryOut() }) else { return false }
                pthread_detach(thread)
                state.isStarted = true
            }
            state.notices.append(notice)
            return true
        }
        if isTaken { signalWake() }
        return isTaken
    }

    /// Waits until everything posted before is carried out.
    func flush() {
        let mark = eventfd(0, Int32(EFD_CLOEXEC))
        guard mark >= 0 else { return }
        defer { _ = close(mark) }
        guard post(.mark(descriptor: mark)) else { return }
        var count: UInt64 = 0
        while unsafe read(mark, &count, 8) < 0 && errno == EINTR {}
    }

    /// Lets the thread end after what is in the queue. It isn't waited for: the kernel may hold it until the connection ends.
    func stop() {
        state.withLock { $0.isStopped = true }
        signalWake()
    }

    private func carryOut() {
        while true {
            var count: UInt64 = 0
            _ = unsafe read(wake, &count, 8)
            let (notices, isStopped) = state.withLock { state in
                let notices = state.notices
                state.notices = []
                return (notices, state.isStopped)
            }
            for notice in notices { carryOut(notice) }
            if isStopped { return }
        }
    }

    /// Sends one notice. Errors aren't told: ENOENT only means that the kernel knows nothing to forget.
    private func carryOut(_ notice: Notice) {
        switch notice {
        case .entry(let parent, let name):
            _ = unsafe fuse_lowlevel_notify_inval_entry(
                connection.session, parent.rawValue, name, name.utf8.count)
        case .inode(let node, let offset, let length):
            _ = unsafe fuse_lowlevel_notify_inval_inode(
                connection.session, node.rawValue, Int(offset), Int(length))
        case .deletion(let parent, let child, let name):
            _ = unsafe fuse_lowlevel_notify_delete(
                connection.session, parent.rawValue, child.rawValue, name, name.utf8.count)
        case .mark(let descriptor):
            var one: UInt64 = 1
            _ = unsafe write(descriptor, &one, 8)
        }
    }

    private func signalWake() {
        var one: UInt64 = 1
        _ = unsafe write(wake, &one, 8)
    }
}
