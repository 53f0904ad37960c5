// All numbers of the sealed formats are little-endian and of fixed width.

extension Span<UInt8> {
    /// Reads 8 bytes, lowest first; traps past the end.
    @inline(__always)
    func littleEndian64(at offset: Int) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<8 { value |= UInt64(self[offset + index]) << UInt64(8 * index) }
        return value
    }

    /// Reads 4 bytes, lowest first; traps past the end.
    @inline(__always)
    func littleEndian32(at offset: Int) -> UInt32 {
        var value: UInt32 = 0
        for index in 0..<4 { value |= UInt32(self[offset + index]) << UInt32(8 * index) }
        return value
    }

    /// Reads 2 bytes, lowest first; traps past the end.
    func littleEndian16(at offset: Int) -> UInt16 {
        UInt16(self[offset]) | UInt16(self[offset + 1]) << 8
    }
}

extension [UInt8] {
    /// Appends a number of fixed width, lowest byte first.
    mutating func append<Number: FixedWidthInteger & UnsignedInteger>(littleEndian number: Number) {
        for shift in stride(from: 0, to: Number.bitWidth, by: 8) {
            append(UInt8(truncatingIfNeeded: number >> Number(shift)))
        }
    }

    /// Appends 16 bytes.
    mutating func append(_ words: Words128) {
        append(littleEndian: words.first)
        append(littleEndian: words.second)
    }

    /// Appends all of a span.
    mutating func append(_ span: Span<UInt8>) {
        reserveCapacity(count + span.count)
        for index in span.indices { append(span[index]) }
    }
}

/// Fills a row of bytes on the stack from its start: associated data is built on every read, so it must not allocate.
struct StackBytes<let size: Int> {
    private(set) var bytes = InlineArray<size, UInt8>(repeating: 0)
    private var count = 0

    /// Begins with the byte that separates this use from all others.
    @inline(__always)
    init(_ domain: Domain) { write(domain.rawValue) }

    @inline(__always)
    mutating func write<Number: FixedWidthInteger & UnsignedInteger>(_ number: Number) {
        for shift in stride(from: 0, to: Number.bitWidth, by: 8) {
            bytes[count] = UInt8(truncatingIfNeeded: number >> Number(shift))
            count += 1
        }
    }

    @inline(__always)
    mutating func write(_ words: Words128) {
        write(words.first)
        write(words.second)
    }

    /// The bytes, all of which were written.
    @inline(__always)
    consuming func finish() -> InlineArray<size, UInt8> {
        assert(count == size, "the layout has \(size) bytes and \(count) were written")
        return bytes
    }
}
