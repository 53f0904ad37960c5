internal import Glibc

/// The daemon behind a mount, to see its end: the mount table names the store, and whoever serves it holds its lock.
///
/// The lock and not the process number: a process that has ended may wait for its parent for long, and a number may be
/// another's by now.
struct DaemonWatch {
    private let lockPath: String?

    /// Finds the daemon of a mount; a store that this user can't read tells nothing.
    init(mountPoint: String) {
        lockPath = MountTable.source(at: mountPoint).map { $0 + "/coffer.lock" }
    }

    /// Waits until the daemon has gone; false if it hasn't by then.
    func waitForEnd(seconds: Int) -> Bool {
        for _ in 0..<seconds * 100 {
            if !isServed { return true }
            var pause = timespec(tv_sec: 0, tv_nsec: 10_000_000)
            unsafe nanosleep(&pause, nil)
        }
        return false
    }

    /// Tells the daemon to stop; false where this user may not. Signal: SIGTERM
    func stop() -> Bool {
        guard isServed, let process else { return false }
        return kill(process, SIGTERM) == 0
    }

    /// Whether a process holds the store's lock. System call: `flock`
    private var isServed: Bool {
        guard let lockPath else { return false }
        let descriptor = unsafe open(lockPath, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }

    /// The number of the process that took the lock last.
    private var process: pid_t? {
        guard let lockPath, let file = unsafe fopen(lockPath, "re") else { return nil }
        defer { unsafe fclose(file) }
        var text = [CChar](repeating: 0, count: 32)
        guard unsafe fgets(&text, 32, file) != nil else { return nil }
        return pid_t(
            String(decoding: text.filter { (48...57).contains($0) }.map { UInt8($0) }, as: UTF8.self))
    }
}
