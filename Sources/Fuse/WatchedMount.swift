import CFuse
import Glibc

/// A mount as one of its users sees it, who makes the system calls that watchers (inotify) are told of.
///
/// No notification of FUSE makes such an event; real calls do, for every watcher, whoever makes them. They wait for
/// the file system's server, so the server must not make them itself: another process does.
@safe
public struct WatchedMount {
    /// What shall have happened to a file.
    public enum Event: UInt8, Sendable {
        /// It was opened, changed and closed: IN_OPEN, IN_MODIFY, IN_CLOSE_WRITE, IN_CLOSE.
        case written = 0x57
        /// It was changed: IN_MODIFY.
        case modified = 0x4d
    }

    /// Where it is mounted.
    public let path: String
    /// Device number of the file system, as the mount table has it: `major:minor`.
    public let device: String

    /// Names a mount.
    public init(path: String, device: String) {
        self.path = path
        self.device = device
    }

    /// Makes events of files, each given by its path below the mount; what isn't there (any more) is passed over.
    ///
    /// Holds no descriptor on the mount afterwards. Touches nothing where another file system is mounted at the path,
    /// or on the way to a file.
    public func make(_ events: [(event: Event, file: String)]) {
        let root = unsafe open(path, Self.pathOnly | O_DIRECTORY | O_CLOEXEC)
        guard root >= 0 else { return }
        defer { _ = close(root) }
        var found = stat()
        guard unsafe fstat(root, &found) == 0, Self.text(of: found.st_dev) == device else { return }
        for (event, file) in events { make(event, of: file, below: root) }
    }

    private func make(_ event: Event, of file: String, below root: Int32) {
        let access =
            switch event {
            case .written: O_WRONLY | O_NOCTTY | O_NONBLOCK
            case .modified: Self.pathOnly
            }
        var how = open_how(
            flags: UInt64(access | O_CLOEXEC | O_NOFOLLOW), mode: 0,
            resolve: UInt64(RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH))
        let descriptor = unsafe coffer_openat2(root, file, &how)
        guard descriptor >= 0 else { return }
        defer { _ = close(descriptor) }
        // The time of change alone, set by itself, counts as a change of the content.
        let times = [
            timespec(tv_sec: 0, tv_nsec: Self.omit), timespec(tv_sec: 0, tv_nsec: Self.now),
        ]
        _ = unsafe utimensat(descriptor, "", times, Self.emptyPath)
    }

    // What Glibc's module doesn't show: `UTIME_NOW` and `UTIME_OMIT`, `O_PATH`, `AT_EMPTY_PATH`.
    private static let now = (1 << 30) - 1
    private static let omit = (1 << 30) - 2
    private static let pathOnly: Int32 = 0o10_000_000
    private static let emptyPath: Int32 = 0x1000

    private static func text(of device: dev_t) -> String {
        let bits = UInt64(device)
        let major = bits >> 8 & 0xfff | bits >> 32 & ~0xfff
        let minor = bits & 0xff | bits >> 12 & ~0xff
        return "\(major):\(minor)"
    }
}
