import CFuse
import Glibc

/// Who asks: the process behind one request, as the kernel saw it.
public struct Request: Hashable, Sendable {
    /// File system UID of the caller, in the mount's user namespace.
    public let uid: UInt32
    /// File system GID of the caller, in the mount's user namespace.
    public let gid: UInt32
    /// Thread of the caller, in the server's PID namespace; 0 where it isn't visible there.
    public let pid: Int32
    /// File mode creation mask; told for `create`, `mkdir` and `mknod` only, and the kernel has applied it already.
    public let umask: UInt32
    /// The kernel's number of the request, unique in the mount's life; 0 where there is none.
    public let number: UInt64
    /// Whether a process that ended without answering it had this request before. FUSE: `FUSE_UNIQUE_RESEND`, bit 63
    public let isResent: Bool

    /// Puts a caller together, for tests that have no kernel.
    public init(uid: UInt32, gid: UInt32, pid: Int32, umask: UInt32 = 0, number: UInt64 = 0) {
        self.uid = uid
        self.gid = gid
        self.pid = pid
        self.umask = umask
        self.number = number & ~Transport.resentBit
        isResent = number & Transport.resentBit != 0
    }

    init(_ raw: OpaquePointer) {
        let context = unsafe fuse_req_ctx(raw)!
        self.init(
            uid: unsafe context.pointee.uid,
            gid: unsafe context.pointee.gid,
            pid: unsafe context.pointee.pid,
            umask: unsafe context.pointee.umask,
            number: CurrentRequest.number)
    }
}
