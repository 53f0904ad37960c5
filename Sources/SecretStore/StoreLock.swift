import Glibc

/// The lock that makes one process the only user of a store: `flock` on `coffer.lock`, which holds its number as text.
///
/// The lock belongs to the open file description: it ends with the process, however that ends, isn't passed on to
/// programs the process starts (O_CLOEXEC), and holds between two openings in one process too. `flock` and not
/// F_OFD_SETLK, because a write lock of the latter can't be had on a read-only file system.
final class StoreLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock, making its file if need be.
    ///
    /// - Throws: ``StoreError/locked(byPID:)`` when someone else has it.
    init(path: String) throws(StoreError) {
        let flags = O_CLOEXEC | O_NOFOLLOW
        var descriptor = unsafe open(path, O_RDWR | O_CREAT | flags, 0o600)
        if descriptor < 0, errno == EROFS || errno == EACCES || errno == ENOSPC {
            descriptor = unsafe open(path, O_RDONLY | flags)
        }
        guard descriptor >= 0 else { throw StoreError(systemError: errno, path: path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            let holder = Self.holder(descriptor)
            Glibc.close(descriptor)
            throw code == EWOULDBLOCK ? .locked(byPID: holder) : StoreError(systemError: code, path: path)
        }
        self.descriptor = descriptor
        record(getpid())
    }

    deinit {
        // Unlocked by name: a child another thread has just forked shares the description until it execs.
        flock(descriptor, LOCK_UN)
        Glibc.close(descriptor)
    }

    /// Writes the holder's number, always in the same 11 bytes, so that a full disk has room for it. It serves a
    /// message only: that it can't be written is no reason to refuse.
    private func record(_ pid: Int32) {
        let text = "\(pid)"
        let line = Array((text + String(repeating: " ", count: max(0, 10 - text.count)) + "\n").utf8)
        _ = unsafe line.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    }

    /// The number in the file, if there is a process of that number.
    private static func holder(_ descriptor: Int32) -> Int32? {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe pread(descriptor, $0.baseAddress, $0.count, 0)
        }
        let digits = bytes.prefix(max(0, count)).prefix { $0 >= 0x30 && $0 <= 0x39 }
        guard let pid = Int32(String(decoding: digits, as: UTF8.self)), pid > 0 else { return nil }
        return kill(pid, 0) == 0 || errno == EPERM ? pid : nil
    }
}
