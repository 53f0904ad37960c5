/// Who asks: the identity that the kernel vouches for.
///
/// Through the mount it is the request's fsuid, fsgid and thread (FUSE: `fuse_in_header`); through the control
/// socket what SO_PEERCRED and SO_PEERGROUPS say of the peer; `daemon` for what Coffer does by itself.
public struct Caller: Sendable {
    /// The way by which a request came in.
    public enum Door: UInt8, Sendable {
        case mount, socket, daemon
    }

    /// The user's number as the host sees it.
    public var uid: UInt32
    /// The group's number as the host sees it.
    public var gid: UInt32
    /// The process (or thread) id in the daemon's PID namespace; 0 where it isn't visible there.
    public var pid: Int32
    /// The supplementary groups, where they came with the request; nil where they must be looked up by `pid`.
    public var groups: [UInt32]?
    /// The way by which the request came in.
    public var door: Door
    /// The kernel's number of the request, through the mount; 0 elsewhere.
    public var request: UInt64 = 0
    /// Whether a process that has ended had the request before, and may have carried it out.
    public var isResent = false

    public init(uid: UInt32, gid: UInt32, pid: Int32, groups: [UInt32]? = nil, door: Door) {
        self.uid = uid
        self.gid = gid
        self.pid = pid
        self.groups = groups
        self.door = door
    }
}
