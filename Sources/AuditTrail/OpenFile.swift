import Glibc

/// An open file, closed at the end of its life.
struct OpenFile: ~Copyable, Sendable {
    let descriptor: Int32
    let path: String

    deinit { close(descriptor) }

    /// Bytes in the file. System call: `fstat`
    func size() throws(AuditError) -> UInt64 {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw .io(path: path, code: errno) }
        return UInt64(status.st_size)
    }

    /// Reads into the whole of `bytes` as far as there is something; gives the number of bytes. System call: `pread`
    func read(into bytes: inout MutableSpan<UInt8>, at offset: UInt64) throws(AuditError) -> Int {
        let result: Result<Int, AuditError> = unsafe bytes.withUnsafeMutableBytes { buffer in
            var done = 0
            while done < buffer.count {
                let count = unsafe pread(
                    descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset) + off_t(done))
                if count == 0 { break }
                if count < 0 {
                    if errno == EINTR { continue }
                    return .failure(.io(path: path, code: errno))
                }
                done += count
            }
            return .success(done)
        }
        return try result.get()
    }

    /// Reads `count` bytes at `offset`, or fewer at the end of the file.
    func read(_ count: Int, at offset: UInt64) throws(AuditError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var span = bytes.mutableSpan
        let got = try read(into: &span, at: offset)
        bytes.removeLast(count - got)
        return bytes
    }

    /// Writes `bytes` at `offset` in one call. System call: `pwrite`
    func write(_ bytes: Span<UInt8>, at offset: UInt64) throws(AuditError) {
        let (count, code) = unsafe bytes.withUnsafeBytes { buffer in
            let count = unsafe pwrite(descriptor, buffer.baseAddress!, buffer.count, off_t(offset))
            return (count, errno)
        }
        guard count == bytes.count else {
            throw AuditError(errno: count < 0 ? code : ENOSPC, path: path)
        }
    }

    /// Writes all of `bytes` at the file's end; in the file opened with O_APPEND that is one call unless the disk is
    /// full. Gives what is missing and why when it stops short. System call: `write`
    func append(_ bytes: Span<UInt8>) -> (written: Int, code: Int32) {
        unsafe bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                let count = unsafe Glibc.write(
                    descriptor, buffer.baseAddress! + done, buffer.count - done)
                if count < 0 {
                    if errno == EINTR { continue }
                    return (done, errno)
                }
                done += count
            }
            return (done, 0)
        }
    }

    /// Cuts the file to `size`. System call: `ftruncate`
    func truncate(to size: UInt64) throws(AuditError) {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw .io(path: path, code: errno) }
    }

    /// Waits until the file's bytes are on the disk. System call: `fdatasync`
    func sync() throws(AuditError) {
        guard fdatasync(descriptor) == 0 else { throw AuditError(errno: errno, path: path) }
    }

    /// Locks the file against other processes; false if one of them has it. System call: `flock`
    func tryLock() throws(AuditError) -> Bool {
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
        guard errno == EWOULDBLOCK else { throw .io(path: path, code: errno) }
        return false
    }

    /// Gives the lock up. System call: `flock`
    func unlock() { flock(descriptor, LOCK_UN) }
}
