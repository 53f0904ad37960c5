import CSodium

// Growth moves the bytes to a new cell of at least twice the size; the old one is wiped when it goes.
extension SecretBytes {
    /// Makes room for `capacity` bytes in all.
    public mutating func reserveCapacity(_ capacity: Int) throws(SecretMemoryError) {
        guard capacity > self.capacity else { return }
        let larger = try GuardedCell(byteCount: capacity)
        unsafe larger.memory.copyMemory(
            from: UnsafeRawBufferPointer(start: cell.memory.baseAddress, count: count))
        cell = larger
    }

    /// Appends `bytes`, which must not lie in this value's own memory.
    public mutating func append(_ bytes: UnsafeRawBufferPointer) throws(SecretMemoryError) {
        try unsafe write(bytes, at: count)
    }

    /// Appends `bytes`.
    public mutating func append(_ bytes: Span<UInt8>) throws(SecretMemoryError) {
        let start = count
        try grow(to: try Self.end(of: bytes.count, at: start))
        unsafe bytes.withUnsafeBytes { raw in
            unsafe UnsafeMutableRawBufferPointer(rebasing: cell.memory[start...]).copyMemory(from: raw)
        }
    }

    /// Appends one byte.
    public mutating func append(_ byte: UInt8) throws(SecretMemoryError) {
        try grow(to: try Self.end(of: 1, at: count))
        unsafe cell.memory[count - 1] = byte
    }

    /// Appends the bytes of another one.
    public mutating func append(_ other: borrowing SecretBytes) throws(SecretMemoryError) {
        try other.withBytes { (bytes) throws(SecretMemoryError) in try append(bytes) }
    }

    /// Cuts or extends to `count` bytes: what is cut is wiped, what is added is zeros.
    public mutating func resize(to count: Int) throws(SecretMemoryError) {
        precondition(count >= 0, "a size can't be negative")
        if count > self.count {
            try grow(to: count)
        } else if count < self.count {
            unsafe sodium_memzero(cell.memory.baseAddress! + count, self.count - count)
            self.count = count
        }
    }

    /// Puts `bytes` at `offset`, extends where they run over the end, and fills a gap with zeros.
    /// `bytes` must not lie in this value's own memory.
    public mutating func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SecretMemoryError) {
        precondition(offset >= 0, "an offset can't be negative")
        guard bytes.count > 0 else { return }
        let end = try Self.end(of: bytes.count, at: offset)
        if end > count { try grow(to: end) }
        unsafe UnsafeMutableRawBufferPointer(rebasing: cell.memory[offset..<end]).copyMemory(from: bytes)
    }

    /// Drops one newline (or carriage return and newline) at the end, as an editor or `echo` leaves one.
    public mutating func dropTrailingNewline() {
        guard count > 0, unsafe cell.memory[count - 1] == UInt8(ascii: "\n") else { return }
        unsafe cell.memory[count - 1] = 0
        count -= 1
        guard count > 0, unsafe cell.memory[count - 1] == UInt8(ascii: "\r") else { return }
        unsafe cell.memory[count - 1] = 0
        count -= 1
    }

    /// Extends with zeros; the memory beyond `count` holds nothing else.
    private mutating func grow(to count: Int) throws(SecretMemoryError) {
        if count > capacity {
            try reserveCapacity(max(count, capacity.multipliedReportingOverflow(by: 2).partialValue))
        }
        self.count = count
    }

    /// The end of `byteCount` bytes at `offset`; an overflow is a size that no machine has.
    private static func end(of byteCount: Int, at offset: Int) throws(SecretMemoryError) -> Int {
        let (end, overflow) = offset.addingReportingOverflow(byteCount)
        guard !overflow else { throw .outOfGuardedMemory(bytes: Int.max) }
        return end
    }
}
