/// Why a session can't be made or mounted.
public enum SessionError: Error, Hashable, Sendable {
    /// libfuse refused the options, with what it said.
    case invalidOptions(reason: String)
    /// This session is, or was, mounted already.
    case alreadyMounted
    /// The system has no /dev/fuse, or it can't be opened.
    case deviceUnavailable(Errno)
    /// The program fusermount3, without which only root can mount, isn't there.
    case fusermountMissing
    /// `allowOther` was asked for, and /etc/fuse.conf doesn't let this user.
    case allowOtherRefused
    /// The mount point doesn't exist.
    case mountPointMissing(path: String)
    /// The mount point isn't a directory.
    case mountPointNotDirectory(path: String)
    /// A FUSE file system whose server has gone is still mounted there.
    case mountPointDisconnected(path: String)
    /// The mount point can't be examined.
    case mountPointInaccessible(path: String, Errno)
    /// The mount was refused, with what libfuse said.
    case mountRefused(path: String, reason: String)
    /// The system refused a thread or descriptor.
    case systemRefused(Errno)
}

extension SessionError: CustomStringConvertible {
    /// What is wrong and what to do about it.
    public var description: String {
        switch self {
        case .invalidOptions(let reason):
            "The mount options were refused: \(reason)"
        case .alreadyMounted:
            "This session is mounted already; make another one for another mount point."
        case .deviceUnavailable(.permissionDenied):
            "/dev/fuse is closed to this user. As root: chmod 0666 /dev/fuse (Debian's default)."
        case .deviceUnavailable(let errno):
            "/dev/fuse can't be opened: \(errno). Load the kernel module (modprobe fuse), and in a container pass the device in (--device /dev/fuse)."
        case .fusermountMissing:
            "The program fusermount3 is missing, and only root can mount without it. Install the package fuse3."
        case .allowOtherRefused:
            "Letting other users in is refused: add the line user_allow_other to /etc/fuse.conf, or mount without it."
        case .mountPointMissing(let path):
            "The mount point \(path) doesn't exist. Make the directory first."
        case .mountPointNotDirectory(let path):
            "The mount point \(path) is not a directory."
        case .mountPointDisconnected(let path):
            "A file system whose server has gone is still mounted at \(path). Remove it with: fusermount3 -u \(path)"
        case .mountPointInaccessible(let path, let errno):
            "The mount point \(path) can't be examined: \(errno)"
        case .mountRefused(let path, let reason):
            "Mounting at \(path) was refused: \(reason). fusermount3 must be set-user-ID root, and this user stand in /etc/passwd; `coffer doctor` looks further."
        case .systemRefused(let errno):
            "The system refused a thread or descriptor: \(errno)"
        }
    }
}
