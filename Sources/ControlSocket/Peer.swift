import CMicroHTTPD
import CofferCore
import Glibc

/// The other side of a connection, as the kernel recorded it when it connected.
struct Peer {
    let caller: Caller

    /// Asks the kernel who is at the other end of `socket`; nil when it doesn't tell, and then nobody is let in.
    /// System call: `getsockopt` (SO_PEERCRED, SO_PEERGROUPS)
    init?(of socket: Int32) {
        var credentials = coffer_credentials()
        guard unsafe coffer_peer_credentials(socket, &credentials) == 0,
            let groups = Self.groups(of: socket)
        else { return nil }
        caller = Caller(
            uid: credentials.uid, gid: credentials.gid, pid: credentials.pid, groups: groups, door: .socket)
    }

    /// The supplementary groups; their number can't change between the two calls, it is the connect's.
    private static func groups(of socket: Int32) -> [UInt32]? {
        var length: socklen_t = 0
        if unsafe getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, nil, &length) == 0 { return [] }
        guard errno == ERANGE else { return nil }
        var groups = [gid_t](repeating: 0, count: Int(length) / MemoryLayout<gid_t>.size)
        guard unsafe getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, &groups, &length) == 0 else { return nil }
        return groups
    }
}
