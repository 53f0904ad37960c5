import CMicroHTTPD
import Glibc
import Synchronization

/// Counts what each user has open and under way, and knows when nothing is left.
///
/// Invariants, all under `state`: a count of 0 has no entry; `handlersRunning` ≤ `requestsUnderWay`.
final class ConnectionLedger: Sendable {
    private struct State {
        var connections: [UInt32: Int] = [:]
        var connectionTotal = 0
        var bodyBytes: [UInt32: Int] = [:]
        var requestsUnderWay = 0
        var handlersRunning = 0
        var isDraining = false
    }

    private let limits: ControlLimits
    private let bodyBytesPerUser: Int
    /// Users whom no limit per user binds: root and the daemon's own.
    private let privileged: Set<UInt32>
    private let state = Mutex(State())
    /// An eventfd that becomes readable when draining ends; waiting on it needs no polling.
    private let drained: Int32

    init(limits: ControlLimits, bodyLimit: Int) throws(ControlSocketError) {
        self.limits = limits
        bodyBytesPerUser = limits.bodyBytesPerUser ?? (bodyLimit > Int.max / 4 ? Int.max : bodyLimit * 4)
        privileged = [0, geteuid()]
        drained = eventfd(0, Int32(EFD_CLOEXEC))
        guard drained >= 0 else { throw .io(code: errno) }
    }

    deinit { close(drained) }

    /// Takes a connection into the books; false when its user has enough of them.
    func admitConnection(of uid: UInt32) -> Bool {
        state.withLock { state in
            if !privileged.contains(uid) {
                guard state.connections[uid, default: 0] < limits.connectionsPerUser,
                    state.connectionTotal < limits.connections - limits.reservedConnections
                else { return false }
            }
            state.connections[uid, default: 0] += 1
            state.connectionTotal += 1
            return true
        }
    }

    /// Takes an admitted connection out of the books.
    func dropConnection(of uid: UInt32) {
        state.withLock { state in
            Self.subtract(1, of: uid, in: &state.connections)
            state.connectionTotal -= 1
        }
    }

    /// Takes `byteCount` more bytes of a body into the books; false when its user has enough under way.
    func charge(_ byteCount: Int, to uid: UInt32) -> Bool {
        state.withLock { state in
            let held = state.bodyBytes[uid, default: 0]
            guard privileged.contains(uid) || byteCount <= bodyBytesPerUser - held else { return false }
            if byteCount > 0 { state.bodyBytes[uid] = held + byteCount }
            return true
        }
    }

    /// Gives back what `charge` took.
    func discharge(_ byteCount: Int, of uid: UInt32) {
        state.withLock { state in Self.subtract(byteCount, of: uid, in: &state.bodyBytes) }
    }

    /// Begins a request whose body is complete; false when the server is stopping.
    func beginRequest() -> Bool {
        state.withLock { state in
            guard !state.isDraining else { return false }
            state.requestsUnderWay += 1
            state.handlersRunning += 1
            return true
        }
    }

    /// Notes that the handler has answered; the answer is still to be sent.
    func endHandler() { state.withLock { $0.handlersRunning -= 1 } }

    /// Notes that the answer is sent, or can't be.
    func endRequest() {
        let isLast = state.withLock { state in
            state.requestsUnderWay -= 1
            return state.isDraining && state.requestsUnderWay == 0
        }
        if isLast { eventfd_write(drained, 1) }
    }

    /// Lets no request begin any more, and waits for those under way. Returns whether no handler runs any more.
    func drain(limitSeconds: Int) -> Bool {
        let isIdle = state.withLock { state in
            state.isDraining = true
            return state.requestsUnderWay == 0
        }
        if !isIdle {
            let end = Deadline(secondsFromNow: limitSeconds)
            var descriptor = pollfd(fd: drained, events: Int16(POLLIN), revents: 0)
            while unsafe poll(&descriptor, 1, end.remainingMilliseconds) < 0, errno == EINTR {}
        }
        return state.withLock { $0.handlersRunning == 0 }
    }

    private static func subtract(_ amount: Int, of uid: UInt32, in table: inout [UInt32: Int]) {
        let rest = table[uid, default: 0] - amount
        table[uid] = rest > 0 ? rest : nil
    }
}
