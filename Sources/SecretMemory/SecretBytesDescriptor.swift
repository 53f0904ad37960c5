import Glibc

// Bytes go between a descriptor and guarded memory by `read` and `write` themselves: no buffer of the
// standard library lies between.
extension SecretBytes {
    /// Reads `fd` to its end. Throws `tooLong` when it holds more than `limit` bytes, `readFailed`.
    /// System call: `read`
    public init(reading fd: Int32, limit: Int) throws(SecretMemoryError) {
        precondition(limit >= 0 && limit < Int.max, "a limit can't be negative")
        // Read before it becomes `self`: a noncopyable value can't be left half made.
        var bytes = try SecretBytes(capacity: min(limit + 1, 4096))
        // One byte more than allowed is asked for: that byte tells that there was more.
        while try bytes.readOnce(from: fd, upTo: limit + 1) {
            guard bytes.count <= limit else { throw .tooLong(limit: limit) }
        }
        self = bytes
    }

    /// Appends what one `read` gives, to `maximum` bytes in all; false at the end of the input.
    private mutating func readOnce(from fd: Int32, upTo maximum: Int) throws(SecretMemoryError) -> Bool {
        if count == capacity { try reserveCapacity(min(maximum, capacity * 2)) }
        let room = min(capacity, maximum) - count
        while true {
            let got = unsafe Glibc.read(fd, cell.memory.baseAddress! + count, room)
            if got >= 0 {
                count += got
                return got > 0
            }
            guard errno == EINTR else { throw .readFailed(errno: errno) }
        }
    }

    /// Writes all bytes to `fd`. Throws `writeFailed`. System call: `write`
    public borrowing func writeAll(to fd: Int32) throws(SecretMemoryError) {
        var done = 0
        while done < count {
            let wrote = unsafe Glibc.write(fd, cell.memory.baseAddress! + done, count - done)
            if wrote >= 0 {
                done += wrote
            } else if errno != EINTR {
                throw .writeFailed(errno: errno)
            }
        }
    }
}
