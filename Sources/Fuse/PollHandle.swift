import CFuse

/// Right to wake who waits in `poll`, `select` or `epoll` on one open file; given up when it is dropped.
///
/// Waking uses it up: who is woken asks again, and hands in another one if they wait on.
/// It keeps the connection alive, because libfuse's handle points into its session.
///
/// Unchecked because of the pointer: libfuse takes it from any thread, and only one can own this.
@safe
public struct PollHandle: ~Copyable, @unchecked Sendable {
    private let handle: OpaquePointer
    private let connection: Unmanaged<Connection>
    /// The kernel's number for who waits: by it another process can wake them too.
    public let waiter: UInt64

    init(_ handle: OpaquePointer, waiter: UInt64, of connection: Connection) {
        unsafe self.handle = handle
        self.waiter = waiter
        unsafe self.connection = Unmanaged.passRetained(connection)
    }

    deinit {
        unsafe fuse_pollhandle_destroy(handle)
        unsafe connection.release()
    }

    /// Wakes them; each asks at once. It doesn't wait. libfuse: `fuse_lowlevel_notify_poll`
    public consuming func wake() {
        // An error means that nobody waits any more.
        _ = unsafe fuse_lowlevel_notify_poll(handle)
    }
}
