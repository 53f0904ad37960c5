import CSodium

/// A growing row of secret bytes in guarded memory: locked, between guard pages, absent from core dumps, wiped at
/// the end of its life.
///
/// Up to 16 KiB it takes a cell of the slab (64 B, 256 B, 1 KiB, 4 KiB, 16 KiB), beyond that a region of its own;
/// regions up to 68 KiB are reused. It can't be copied by accident or printed.
///
/// INVARIANT: the bytes from `count` to `capacity` are zeros.
///
/// `@unchecked Sendable`: see `GuardedCell`; all writing is `mutating`.
@safe
public struct SecretBytes: ~Copyable, @unchecked Sendable {
    var cell: GuardedCell

    /// Number of bytes held.
    public internal(set) var count: Int

    /// Number of bytes that fit before the next growth.
    public var capacity: Int { unsafe cell.memory.count }

    /// Guarded bytes handed out in the whole process, rounded up to cells and pages: for limits and status.
    public static var bytesInUse: Int { Slab.shared.bytesInUse }

    /// Makes an empty one that holds at least `capacity` bytes before it grows.
    public init(capacity: Int) throws(SecretMemoryError) {
        cell = try GuardedCell(byteCount: capacity)
        count = 0
    }

    /// Makes one of `zeroedCount` zeros.
    public init(zeroedCount: Int) throws(SecretMemoryError) {
        try self.init(capacity: zeroedCount)
        count = zeroedCount
    }

    /// Copies `bytes`; the caller wipes the original.
    public init(copying bytes: UnsafeRawBufferPointer) throws(SecretMemoryError) {
        try self.init(zeroedCount: bytes.count)
        unsafe cell.memory.copyMemory(from: bytes)
    }

    /// Copies `bytes`; the caller wipes the original.
    public init(copying bytes: Span<UInt8>) throws(SecretMemoryError) {
        self = try unsafe bytes.withUnsafeBytes { (raw) throws(SecretMemoryError) in
            try unsafe SecretBytes(copying: raw)
        }
    }

    /// Makes one of `count` random bytes. libsodium: `randombytes_buf`
    public static func random(count: Int) throws(SecretMemoryError) -> SecretBytes {
        var bytes = try SecretBytes(zeroedCount: count)
        unsafe bytes.withUnsafeMutableBytes { unsafe Random.fill($0) }
        return bytes
    }

    /// Makes another one with the same bytes.
    public borrowing func copy() throws(SecretMemoryError) -> SecretBytes {
        try unsafe SecretBytes(copying: UnsafeRawBufferPointer(start: cell.memory.baseAddress, count: count))
    }

    /// Compares in a time that tells nothing but whether the lengths are equal. libsodium: `sodium_memcmp`
    public borrowing func isEqual(to other: borrowing SecretBytes) -> Bool {
        guard count == other.count else { return false }
        guard count > 0 else { return true }
        return unsafe sodium_memcmp(cell.memory.baseAddress!, other.cell.memory.baseAddress!, count) == 0
    }
}

// MARK: - Access, inside closures only

extension SecretBytes {
    /// Reads the bytes.
    public borrowing func withBytes<R: ~Copyable, E: Error>(
        _ body: (Span<UInt8>) throws(E) -> R
    ) throws(E) -> R {
        let bytes = unsafe UnsafeRawBufferPointer(start: cell.memory.baseAddress, count: count)
        return try unsafe body(bytes.assumingMemoryBound(to: UInt8.self).span)
    }

    /// Reads the bytes by their address, which is worthless after the closure. No base address where it is empty.
    public borrowing func withUnsafeBytes<R: ~Copyable, E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try unsafe body(UnsafeRawBufferPointer(start: cell.memory.baseAddress, count: count))
    }

    /// Changes bytes in place.
    public mutating func withMutableBytes<R: ~Copyable, E: Error>(
        _ body: (inout MutableSpan<UInt8>) throws(E) -> R
    ) throws(E) -> R {
        let bytes = unsafe UnsafeMutableRawBufferPointer(start: cell.memory.baseAddress, count: count)
        var span = unsafe bytes.assumingMemoryBound(to: UInt8.self).mutableSpan
        return try body(&span)
    }

    /// Changes bytes in place by their address, which is worthless after the closure.
    public mutating func withUnsafeMutableBytes<R: ~Copyable, E: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try unsafe body(UnsafeMutableRawBufferPointer(start: cell.memory.baseAddress, count: count))
    }
}
