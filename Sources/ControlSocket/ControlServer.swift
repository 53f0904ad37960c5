import CMicroHTTPD
import Glibc
import Synchronization

/// Serves the control socket: HTTP/1.1, one request a connection, a thread for each.
///
/// Bodies are held in guarded memory on their way in and out; what libmicrohttpd's own buffer held of one is wiped
/// as it is taken over.
///
/// Whoever makes one keeps it for as long as it shall serve: it stops when the last reference goes.
public final class ControlServer: Sendable {
    private enum Phase: ~Copyable {
        case bound(ListeningSocket)
        case running(ListeningSocket, Daemon)
        case stopped
    }

    /// A started libmicrohttpd; only `start` and `stop` touch it, one after the other.
    @safe private struct Daemon {
        let pointer: OpaquePointer
    }

    /// Bytes of a connection's buffer: room for the head, and more than the 32 KiB up to which libmicrohttpd takes
    /// it from malloc, which would keep what is left in it. Larger ones are mapped, and unmapped at the end.
    private static let connectionMemoryBytes = 64 << 10
    /// Bytes of stack of a connection's thread.
    private static let stackBytes = 1 << 20

    private let core: ServerCore
    private let phase: Mutex<Phase>

    /// Binds the socket; connections wait in its queue until `start`.
    ///
    /// - Parameters:
    ///   - path: Where the socket's file is made. Its directory is made (0755) if missing and must not be writable
    ///     by others; a file of a daemon that is gone is replaced. `<path>.lock` is made beside it.
    ///   - permissions: The file's mode. 0666 lets every user connect: the policy decides, not the file.
    ///   - kept: The socket of a process before this one, to go on with; it is the server's from then on.
    ///   - bodyLimit: Bytes of the longest request body.
    ///   - limits: What a user can take.
    ///   - handler: Answers a request, on that connection's own thread; it may block, and must not call `stop`.
    public init(
        path: String, permissions: UInt16 = 0o666, adopting kept: Int32? = nil, bodyLimit: Int,
        limits: ControlLimits = ControlLimits(),
        handler: @escaping @Sendable (consuming ControlRequest) -> ControlResponse
    ) throws(ControlSocketError) {
        core = try ServerCore(bodyLimit: bodyLimit, limits: limits, handler: handler)
        let socket = try ListeningSocket(path: path, permissions: permissions, adopting: kept)
        descriptor = socket.descriptor
        phase = Mutex(.bound(socket))
    }

    /// The socket, for a process that goes on with it.
    public let descriptor: Int32

    deinit { stop() }

    /// Begins to answer; a second call does nothing. Throws `serverNotStarted`. libmicrohttpd: `MHD_start_daemon`
    public func start() throws(ControlSocketError) {
        try phase.withLock { (phase) throws(ControlSocketError) in
            switch consume phase {
            case .bound(let socket):
                guard let daemon = startDaemon(on: socket.descriptor) else {
                    phase = .bound(socket)
                    throw .serverNotStarted
                }
                phase = .running(socket, daemon)
            case .running(let socket, let daemon):
                phase = .running(socket, daemon)
            case .stopped:
                phase = .stopped
                throw .serverNotStarted
            }
        }
    }

    /// Removes the socket, waits up to `limitSeconds` for requests under way, and ends the threads. Returns false
    /// when a handler still ran after that: its thread and its connection are then left to the end of the process.
    ///
    /// - Parameter handsOn: Leave the socket's file: another process goes on with it.
    @discardableResult
    public func stop(limitSeconds: Int = 10, handsOn: Bool = false) -> Bool {
        let last = phase.withLock { phase in
            let last = consume phase
            phase = .stopped
            return last
        }
        guard case .running(var socket, let daemon) = consume last else { return true }
        if handsOn { socket.handOn() } else { socket.removeFile() }
        // The descriptor becomes ours again here; it is closed with `socket`, after the threads that poll it ended.
        unsafe MHD_quiesce_daemon(daemon.pointer)
        guard core.ledger.drain(limitSeconds: limitSeconds) else { return false }
        unsafe MHD_stop_daemon(daemon.pointer)
        unsafe Unmanaged.passUnretained(core).release()
        return true
    }

    private func startDaemon(on descriptor: Int32) -> Daemon? {
        let context = unsafe Unmanaged.passRetained(core)
        guard
            let pointer = unsafe coffer_start_daemon(
                descriptor, UInt32(clamping: core.limits.connections),
                UInt32(clamping: core.limits.idleTimeoutSeconds), Self.connectionMemoryBytes, Self.stackBytes,
                ServerCallbacks.connection, ServerCallbacks.request, ServerCallbacks.completion,
                context.toOpaque())
        else {
            unsafe context.release()
            return nil
        }
        return unsafe Daemon(pointer: pointer)
    }
}
