/// Owns one piece of guarded memory; at the end of its life the memory is wiped and goes back to the slab.
///
/// `@unchecked Sendable`: the cell can't be copied, so whoever holds it is the only one who knows its address;
/// moving it to another thread moves the memory with it, and sharing a borrow of it only allows reading.
@safe
struct GuardedCell: ~Copyable, @unchecked Sendable {
    /// The memory; no base address where the cell is empty.
    let memory: UnsafeMutableRawBufferPointer

    /// Takes zeroed memory of at least `byteCount` bytes; none at all for 0.
    init(byteCount: Int) throws(SecretMemoryError) {
        precondition(byteCount >= 0, "a size can't be negative")
        if byteCount == 0 {
            unsafe memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        } else {
            unsafe memory = try Slab.shared.acquire(byteCount)
        }
    }

    deinit {
        if unsafe memory.baseAddress != nil { unsafe Slab.shared.release(memory) }
    }
}
