import CFuse
import Glibc

/// Directory that a file system is mounted on, found fit for it.
struct MountPoint: Sendable {
    /// Absolute, without symbolic links: it means the same after a change of the working directory.
    let path: String
    /// Whether the mount has been taken off by us.
    var isDetached = false
    /// How the bare directory was before the mount closed it; nil where it was left alone.
    private var former: BareMountPoint.State?

    /// Takes one that something is mounted on already.
    init(mountedAt path: String) { self.path = path }

    /// Looks for what would make a mount fail, since libfuse tells the reason in words only.
    init(path: String, allowOther: Bool) throws(SessionError) {
        var found = stat()
        guard unsafe stat(path, &found) == 0 else {
            switch errno {
            case ENOENT: throw .mountPointMissing(path: path)
            case ENOTDIR: throw .mountPointNotDirectory(path: path)
            case ENOTCONN: throw .mountPointDisconnected(path: path)
            default: throw .mountPointInaccessible(path: path, .current)
            }
        }
        guard found.st_mode & Glibc.S_IFMT == Glibc.S_IFDIR else { throw .mountPointNotDirectory(path: path) }
        guard let real = unsafe realpath(path, nil) else {
            throw .mountPointInaccessible(path: path, .current)
        }
        self.path = unsafe String(cString: real)
        unsafe free(real)

        let device = unsafe open("/dev/fuse", O_RDWR | O_CLOEXEC)
        guard device >= 0 else { throw .deviceUnavailable(.current) }
        _ = close(device)

        if geteuid() != 0 {
            guard Self.hasFusermount else { throw .fusermountMissing }
            guard !allowOther || Self.userMayAllowOther else { throw .allowOtherRefused }
        }
    }

    /// Mounts by `body`, and then closes the bare directory if the options say so. Where `body` fails, it is as it was before.
    mutating func mount(
        _ options: MountOptions, by body: (String) throws(SessionError) -> Void
    ) throws(SessionError) {
        // Opened now, since nothing but its descriptor leads there once the mount hides it.
        let bare = try bareForMounting()
        do throws(SessionError) {
            try body(path)
        } catch {
            try? bare.restore(bare.found)
            throw error
        }
        guard options.closesMountPoint else {
            try? bare.restore(bare.found)
            return
        }
        options.onMountPointClosed?(bare.close())
        former = bare.found
    }

    private func bareForMounting() throws(SessionError) -> BareMountPoint {
        do throws(Errno) {
            let bare = try BareMountPoint(path)
            try bare.admitOwner()
            return bare
        } catch {
            throw .mountPointInaccessible(path: path, error)
        }
    }

    /// Takes the mount off its place. Where it came to nothing, the bare directory becomes what it was before.
    func detach(wasServed: Bool) {
        guard Self.detach(path), !wasServed, let former else { return }
        try? BareMountPoint(path).restore(former)
    }

    /// Takes the mount at a path off the tree; what is open stays usable. False where that is refused.
    @discardableResult
    static func detach(_ path: String) -> Bool {
        if unsafe umount2(path, Int32(MNT_DETACH) | Int32(UMOUNT_NOFOLLOW)) == 0 { return true }
        guard errno == EPERM else { return false }
        let arguments = ArgumentVector(["fusermount3", "-u", "-q", "-z", "--", path])
        var process = pid_t()
        guard unsafe posix_spawnp(&process, "fusermount3", nil, nil, arguments.base, environ) == 0 else {
            return false
        }
        var status: Int32 = 0
        while unsafe waitpid(process, &status, 0) == -1 && errno == EINTR {}
        return status == 0
    }

    /// Whether libfuse will find fusermount3: in /usr/bin first, then along PATH.
    private static var hasFusermount: Bool {
        var folders = ["/usr/bin"]
        if let list = unsafe getenv("PATH") {
            unsafe folders += String(cString: list).split(separator: ":").map(String.init)
        }
        return folders.contains { unsafe Glibc.access($0 + "/fusermount3", X_OK) == 0 }
    }

    /// Whether /etc/fuse.conf says `user_allow_other`.
    private static var userMayAllowOther: Bool {
        guard let file = unsafe fopen("/etc/fuse.conf", "re") else { return false }
        defer { unsafe fclose(file) }
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { unsafe free(line) }
        while unsafe getline(&line, &capacity, file) >= 0 {
            guard let line = unsafe line else { return false }
            let word = unsafe String(cString: line).filter { !$0.isWhitespace }
            if word == "user_allow_other" { return true }
        }
        return false
    }
}
