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

    /// Puts a caller together, for tests that have no kernel.
    public init(uid: UInt32, gid: UInt32, pid: Int32, umask: UInt32 = 0) {
        self.uid = uid
        self.gid = gid
        self.pid = pid
        self.umask = umask
    }

    init(_ raw: OpaquePointer) {
        let context = unsafe fuse_req_ctx(raw)!
        self.init(
            uid: unsafe context.pointee.uid,
            gid: unsafe context.pointee.gid,
            pid: unsafe context.pointee.pid,
            umask: unsafe context.pointee.umask)
    }
}
