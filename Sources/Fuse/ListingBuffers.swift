import Synchronization

/// Buffers that listings are put together in, one kept for the next listing.
///
/// Not one a thread, because a listing may be finished on another thread than it was begun on.
final class ListingBuffers: Sendable {
    /// One buffer, owned by whoever holds it.
    ///
    /// Unchecked because of the pointer, which only its one owner uses.
    @safe
    struct Buffer: ~Copyable, @unchecked Sendable {
        let bytes: UnsafeMutableRawBufferPointer

        init() {
            unsafe bytes = .allocate(byteCount: ListingBuffers.byteCount, alignment: 8)
        }

        deinit {
            unsafe bytes.deallocate()
        }
    }

    /// Size of each: glibc's `readdir` makes the kernel ask for 32 KiB, and fewer bytes are always allowed.
    static let byteCount = 64 << 10

    private let kept = Mutex<Buffer?>(nil)

    /// Takes the buffer that is kept, or makes one.
    func take() -> Buffer {
        kept.withLock { $0.take() } ?? Buffer()
    }

    /// Keeps a buffer for the next listing.
    func giveBack(_ buffer: consuming Buffer) {
        var box = Optional(buffer)
        kept.withLock { $0 = box.take() }
    }
}
