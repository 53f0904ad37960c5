import CFuse
import Glibc

/// Answer to a `readdir`: names are added until there is no room, then it is finished. Dropped, it answers `EIO`.
public struct DirectoryReply: ~Copyable, Sendable {
    let pending: PendingRequest
    private let buffer: ListingBuffers.Buffer
    private let capacity: Int
    private var count = 0

    init(pending: consuming PendingRequest, size: Int) {
        buffer = pending.listingBuffers.take()
        capacity = min(size, ListingBuffers.byteCount)
        self.pending = pending
    }

    /// Adds one name; false if it has no room, and the next `readdir` must begin with it.
    ///
    /// `nextOffset`, not 0, is what the next `readdir` asks for to go on behind this name.
    public mutating func add(name: String, inode: InodeNumber, kind: FileKind, nextOffset: Int64) -> Bool {
        var attributes = stat()
        attributes.st_ino = UInt(inode.rawValue)
        attributes.st_mode = kind.mode
        let space = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[count..<capacity])
        let taken = unsafe name.withCString {
            unsafe pending.addEntry($0, &attributes, nextOffset, to: space)
        }
        guard taken <= capacity - count else { return false }
        count += taken
        return true
    }

    /// Answers with the names added; without any, that the listing ends here.
    public consuming func finish() {
        let bytes = unsafe UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer.bytes)[..<count])
        let buffers = pending.listingBuffers
        unsafe pending.answer {
            unsafe fuse_reply_buf($0, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        buffers.giveBack(buffer)
    }

    /// Answers with an error.
    public consuming func fail(_ errno: Errno) {
        pending.fail(errno)
    }
}
