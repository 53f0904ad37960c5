import CFuse
import Glibc

/// The directory that a mount hides, by a descriptor that means it before, below and after the mount.
///
/// Closed means mode 000 and, where that is possible, immutable: whoever comes while nothing is mounted fails, and root makes
/// no stray file. It stays closed after the mount has gone, however it went.
public struct BareMountPoint: ~Copyable {
    /// What closing changes.
    struct State: Hashable, Sendable {
        /// The permission bits.
        var mode: mode_t
        /// Whether it has the attribute `i` of chattr(1).
        var isImmutable: Bool
    }

    /// How far closing went.
    public enum Closing: Hashable, Sendable {
        case complete
        /// Its mode keeps everybody out but root: the file system has no such attribute, or only root may set it.
        case byModeOnly(Errno)
        /// It is as open as before.
        case refused(Errno)
    }

    /// To read it by: it's this object's, which closes it.
    public let descriptor: Int32
    /// How it was found.
    let found: State

    /// Opens a directory that nothing is mounted on; it is afterwards as it was. One of the caller's own is opened although
    /// it is closed.
    public init(_ path: String) throws(Errno) {
        var descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if descriptor < 0, errno == EACCES { descriptor = try Self.openOwn(path) }
        guard descriptor >= 0 else { throw .current }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            let code = Errno.current
            _ = Glibc.close(descriptor)
            throw code
        }
        self.descriptor = descriptor
        found = State(mode: status.st_mode & 0o7777, isImmutable: Self.isImmutable(descriptor))
    }

    /// Whether its mode keeps everybody out but root.
    public var isClosed: Bool { found.mode == 0 }

    deinit { _ = Glibc.close(descriptor) }

    /// Whether nobody but root gets into the directory at a path.
    public static func isClosed(at path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & Glibc.S_IFMT == Glibc.S_IFDIR
            && status.st_mode & 0o7777 == 0
    }

    /// A directory of the caller's that its mode keeps even them from opening. System calls: `chmod`, `open`
    private static func openOwn(_ path: String) throws(Errno) -> Int32 {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw .current }
        guard status.st_mode & 0o7777 == 0, status.st_uid == geteuid() else { throw .permissionDenied }
        // For a moment it can be listed by its owner, but not entered, so nothing can be made in it.
        guard unsafe chmod(path, 0o400) == 0 else { throw .current }
        let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let code = Errno.current
            _ = unsafe chmod(path, 0)
            throw code
        }
        _ = fchmod(descriptor, 0)
        return descriptor
    }

    /// Makes one that is closed fit for fusermount3, which demands that who mounts may enter it and write there. Root needs no such thing.
    func admitOwner() throws(Errno) {
        guard isClosed, geteuid() != 0 else { return }
        guard fchmod(descriptor, 0o700) == 0 else { throw .current }
    }

    /// Closes it. System calls: `fchmod`, `ioctl(FS_IOC_SETFLAGS)`
    func close() -> Closing {
        do throws(Errno) {
            try set(mode: 0)
        } catch {
            return .refused(error)
        }
        do throws(Errno) {
            try set(isImmutable: true)
            return .complete
        } catch {
            return .byModeOnly(error)
        }
    }

    /// Makes it what it was when it was found, or had been found by another.
    func restore(_ state: State) throws(Errno) {
        try set(mode: state.mode)
        try set(isImmutable: state.isImmutable)
    }

    /// Makes it an ordinary directory again, with a mode.
    public func makeOrdinary(mode: UInt32) throws(Errno) {
        try restore(State(mode: mode, isImmutable: false))
    }

    /// Sets the mode, for which it must not be immutable.
    private func set(mode: mode_t) throws(Errno) {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw .current }
        guard status.st_mode & 0o7777 != mode else { return }
        try set(isImmutable: false)
        guard fchmod(descriptor, mode) == 0 else { throw .current }
    }

    private func set(isImmutable: Bool) throws(Errno) {
        guard Self.isImmutable(descriptor) != isImmutable else { return }
        var flags: Int32 = 0
        guard unsafe coffer_get_inode_flags(descriptor, &flags) == 0 else { throw .current }
        flags = isImmutable ? flags | FS_IMMUTABLE_FL : flags & ~FS_IMMUTABLE_FL
        guard unsafe coffer_set_inode_flags(descriptor, &flags) == 0 else { throw .current }
    }

    private static func isImmutable(_ descriptor: Int32) -> Bool {
        var flags: Int32 = 0
        return unsafe coffer_get_inode_flags(descriptor, &flags) == 0 && flags & FS_IMMUTABLE_FL != 0
    }
}
