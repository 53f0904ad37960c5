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
        /// Makes the kernel forget the attributes of nodes, and tells which of them it holds.
        case question([InodeNumber], @Sendable ([Bool]) -> Void)
        /// Wakes who waits in poll, by the kernel's number.
        case wake(UInt64)
        /// Nothing of the kernel's: is done after what was posted before.
        case action(@Sendable () -> Void)
    }

    private struct State {
        var notices: [Notice] = []
        var isStarted = false
        var isStopped = false
    }

    private let connection: Connection
    private let state = Mutex(State())
    private let wake: EventCounter

    init(_ connection: Connection) throws(SessionError) {
        self.connection = connection
        do {
            wake = try EventCounter()
        } catch {
            throw .systemRefused(error)
        }
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
        if isTaken { wake.signal() }
        return isTaken
    }

    /// Waits until everything posted before is carried out.
    func flush() {
        guard let mark = try? EventCounter(), post(.action { mark.signal() }) else { return }
        mark.wait()
    }

    /// Lets the thread end after what is in the queue. It isn't waited for: the kernel may hold it until the connection ends.
    func stop() {
        state.withLock { $0.isStopped = true }
        wake.signal()
    }

    private func carryOut() {
        while true {
            wake.wait()
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
        case .question(let nodes, let answer):
            answer(
                nodes.map { node in
                    unsafe fuse_lowlevel_notify_inval_inode(connection.session, node.rawValue, -1, 0) == 0
                })
        case .wake(let waiter):
            Transport.wake(waiter, on: connection.device)
        case .action(let action):
            action()
        }
    }
}
