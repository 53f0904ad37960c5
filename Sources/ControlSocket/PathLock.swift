import Glibc

/// The right to serve one path: a lock on `<path>.lock` (0600, so that nobody else can hold it and keep us out).
///
/// Two daemons that start at once would both find a dead socket and remove each other's; the lock, which the kernel
/// drops however its holder ends, lets only one get that far.
struct PathLock: ~Copyable {
    private let path: String
    private let descriptor: Int32

    /// Takes the lock without waiting. Throws `inUse` when another process has it. System call: `flock`
    init(socketPath: String) throws(ControlSocketError) {
        path = socketPath + ".lock"
        while true {
            let opened = unsafe open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
            guard opened >= 0 else {
                throw errno == EACCES ? .permission(path: path) : .io(code: errno)
            }
            guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
                let code = errno
                close(opened)
                throw code == EWOULDBLOCK ? .inUse(path: socketPath) : .io(code: code)
            }
            // The file may have been removed between the two calls: a lock on it then means nothing.
            if let ours = FileIdentity(descriptor: opened), ours == FileIdentity(path: path) {
                descriptor = opened
                return
            }
            close(opened)
        }
    }

    deinit {
        unsafe unlink(path)
        close(descriptor)
    }
}
