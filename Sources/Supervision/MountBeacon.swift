internal import Fuse
package import Glibc

/// Tells who looks at a mount which process holds it, and when that has ended: a socket with an abstract name that says the
/// mount's device number. No file is touched, so it tells also while the disk below the store stands still. Source: unix(7)
package final class MountBeacon: Sendable {
    private let descriptor: Int32

    /// For the mount right at a path; nil where there is none, or the name is taken.
    package init?(mountPoint: String) {
        guard let device = MountTable.device(at: mountPoint) else { return nil }
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        let isBound = unsafe Self.withAddress(of: device) { unsafe bind(descriptor, $0, $1) } == 0
        guard isBound, listen(descriptor, 64) == 0 else {
            close(descriptor)
            return nil
        }
    }

    deinit { close(descriptor) }

    fileprivate static func withAddress<Result>(
        of device: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = [0] + Array("coffer/\(device)".utf8)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, length) }
        }
    }
}

/// The process that holds a mount, to see its end.
package final class MountHolder: Sendable {
    private let descriptor: Int32
    package let process: pid_t

    /// Finds it by the mount's beacon; nil where nobody holds the mount, or who does is in another network namespace.
    package init?(mountPoint: String) {
        guard let device = MountTable.device(at: mountPoint) else { return nil }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        // `struct ucred`, which Glibc's module doesn't show.
        var credentials: (process: pid_t, uid: uid_t, gid: gid_t) = (0, 0, 0)
        var size = socklen_t(12)
        // Names are anybody's: only root and who mounted it are believed.
        guard unsafe MountBeacon.withAddress(of: device, { unsafe connect(descriptor, $0, $1) }) == 0,
            unsafe getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0,
            credentials.uid == 0 || credentials.uid == MountTable.owner(at: mountPoint),
            credentials.process > 0
        else {
            close(descriptor)
            return nil
        }
        self.descriptor = descriptor
        process = credentials.process
    }

    deinit { close(descriptor) }

    /// Waits until it has ended; false if it hasn't by then.
    package func waitForEnd(milliseconds: Int32) -> Bool {
        var question = pollfd(fd: descriptor, events: 0, revents: 0)
        return unsafe poll(&question, 1, milliseconds) == 1
    }

    /// Tells it to stop; false where this user may not. Signal: SIGTERM
    package func stop() -> Bool { kill(process, SIGTERM) == 0 || errno == ESRCH }
}
