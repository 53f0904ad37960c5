import Glibc

/// A Unix socket that listens at a path, and the file there. At the end of its life it closes the one and removes
/// the other.
struct ListeningSocket: ~Copyable {
    /// The descriptor that connections are accepted from.
    let descriptor: Int32
    private let path: String
    private var identity: FileIdentity?
    private let lock: PathLock

    /// Goes on with a socket that another process has made, while its file stands at the path; else binds and listens, and a
    /// socket file that nobody listens to is replaced.
    /// Throws `pathTooLong`, `inUse`, `notASocket`, `unsafeDirectory`, `permission`, `io`.
    init(path: String, permissions: UInt16, adopting kept: Int32? = nil) throws(ControlSocketError) {
        let address = try SocketAddress(path: path)
        try SocketDirectory.prepare(SocketDirectory.of(path))
        let lock = try PathLock(socketPath: path)
        if let kept {
            if let identity = FileIdentity(path: path) {
                self.lock = lock
                self.path = path
                self.identity = identity
                descriptor = kept
                return
            }
            close(kept)
        }
        try Self.removeStaleSocket(at: path, address)
        let descriptor = try Self.bind(address, path: path, permissions: permissions)
        self.lock = lock
        self.path = path
        self.descriptor = descriptor
        identity = FileIdentity(path: path)
    }

    deinit {
        removeFile()
        close(descriptor)
    }

    /// Leaves the socket's file to the next process.
    mutating func handOn() { identity = nil }

    /// Removes the socket's file, unless another one stands there by now.
    func removeFile() {
        if let identity, FileIdentity(path: path) == identity { unsafe unlink(path) }
    }

    private static func removeStaleSocket(
        at path: String, _ address: SocketAddress
    ) throws(ControlSocketError) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else {
            if errno == ENOENT { return }
            throw .io(code: errno)
        }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path: path) }
        let probe = socket(
            AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard probe >= 0 else { throw .io(code: errno) }
        defer { close(probe) }
        // EAGAIN is a live one whose queue is full.
        guard address.connect(probe) != 0, errno == ECONNREFUSED else {
            throw .inUse(path: path)
        }
        guard unsafe unlink(path) == 0 || errno == ENOENT else {
            throw errno == EACCES ? .permission(path: path) : .io(code: errno)
        }
    }

    private static func bind(
        _ address: SocketAddress, path: String, permissions: UInt16
    ) throws(ControlSocketError) -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .io(code: errno) }
        // The file takes the mode that the socket has before bind, so that it is never wider than asked for; a umask
        // would do so too, and spoil files that other threads make at that moment. Until `listen` nobody gets in.
        guard fchmod(descriptor, mode_t(permissions) & 0o700) == 0,
            address.bind(descriptor) == 0
        else {
            let code = errno
            close(descriptor)
            throw code == EACCES ? .permission(path: path) : .io(code: code)
        }
        guard unsafe chmod(path, mode_t(permissions)) == 0, listen(descriptor, SOMAXCONN) == 0 else {
            let code = errno
            unsafe unlink(path)
            close(descriptor)
            throw .io(code: code)
        }
        return descriptor
    }
}
