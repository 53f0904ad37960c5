/// Writes the compact form in which metadata is sealed: little-endian integers, lengths as varints.
public struct BinaryWriter: Sendable {
    /// What was written so far.
    public private(set) var bytes: [UInt8] = []

    public init() {}

    public mutating func write(_ value: UInt8) { bytes.append(value) }

    /// Appends an unsigned number, seven bits a byte, lowest first. Source: LEB128.
    public mutating func write(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// Appends a fixed 8 bytes, lowest first.
    public mutating func write(fixed value: UInt64) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    public mutating func write(_ time: Timestamp) { write(fixed: UInt64(bitPattern: time.milliseconds)) }

    /// Appends a length and then the text in UTF-8.
    public mutating func write(_ text: String) {
        write(varint: UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    /// Appends a length and then the bytes.
    public mutating func write(_ blob: [UInt8]) {
        write(varint: UInt64(blob.count))
        bytes.append(contentsOf: blob)
    }

    /// Appends bytes whose number the reader knows.
    public mutating func write(raw bytes: Span<UInt8>) {
        for index in bytes.indices { self.bytes.append(bytes[index]) }
    }

    /// Appends a signed number as a varint: 0, -1, 1, -2, 2 … Source: Protocol Buffers, ZigZag.
    public mutating func write(signed value: Int64) {
        write(varint: UInt64(bitPattern: value << 1 ^ value >> 63))
    }

    /// Appends 1 and the element, or 0 where there is none.
    @inlinable
    public mutating func write<Element>(
        optional element: Element?, _ body: (inout BinaryWriter, Element) -> Void
    ) {
        write(element == nil ? 0 : 1 as UInt8)
        if let element { body(&self, element) }
    }

    /// Appends a count and then each element.
    @inlinable
    public mutating func write<Elements: Collection>(
        each elements: Elements, _ body: (inout BinaryWriter, Elements.Element) -> Void
    ) {
        write(varint: UInt64(elements.count))
        for element in elements { body(&self, element) }
    }
}

/// Bytes that are no record of ours, though they were authentic: written by a newer version, or a fault of ours.
public struct BinaryFormatError: Error, Equatable, Sendable {
    /// How far the reader had come, in bytes.
    public var offset: Int
    /// What it expected.
    public var expected: String

    public init(offset: Int, expected: String) {
        self.offset = offset
        self.expected = expected
    }
}

/// Reads what `BinaryWriter` wrote; every length is checked before it is believed.
public struct BinaryReader: Sendable {
    @usableFromInline let bytes: [UInt8]
    @usableFromInline var offset = 0

    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    public var isAtEnd: Bool { offset == bytes.count }

    public mutating func readByte() throws(BinaryFormatError) -> UInt8 {
        guard offset < bytes.count else { throw BinaryFormatError(offset: offset, expected: "a byte") }
        offset += 1
        return bytes[offset - 1]
    }

    public mutating func readVarint() throws(BinaryFormatError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            let byte = try readByte()
            // The tenth byte has room for one bit; what is cut off must not pass for another number.
            if shift == 63, byte > 1 { break }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
        }
        throw BinaryFormatError(offset: offset, expected: "a varint of at most 64 bits")
    }

    /// A varint that must fit the type that is asked for.
    @inlinable
    public mutating func readInteger<Number: FixedWidthInteger>(
        _ type: Number.Type = Number.self
    ) throws(BinaryFormatError) -> Number {
        guard let number = Number(exactly: try readVarint()) else {
            throw BinaryFormatError(offset: offset, expected: "a number that fits \(type)")
        }
        return number
    }

    public mutating func readFixed() throws(BinaryFormatError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 8) { value |= UInt64(try readByte()) << shift }
        return value
    }

    public mutating func readTimestamp() throws(BinaryFormatError) -> Timestamp {
        Timestamp(milliseconds: Int64(bitPattern: try readFixed()))
    }

    public mutating func readSigned() throws(BinaryFormatError) -> Int64 {
        let value = try readVarint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// Reads 16 bytes.
    public mutating func readRaw() throws(BinaryFormatError) -> InlineArray<16, UInt8> {
        guard bytes.count - offset >= 16 else {
            throw BinaryFormatError(offset: offset, expected: "16 more bytes")
        }
        var raw = InlineArray<16, UInt8>(repeating: 0)
        for index in 0..<16 { raw[index] = bytes[offset + index] }
        offset += 16
        return raw
    }

    public mutating func readBlob() throws(BinaryFormatError) -> [UInt8] {
        let length = try readInteger(Int.self)
        guard length <= bytes.count - offset else {
            throw BinaryFormatError(offset: offset, expected: "\(length) more bytes")
        }
        offset += length
        return Array(bytes[offset - length..<offset])
    }

    public mutating func readText() throws(BinaryFormatError) -> String {
        let length = try readInteger(Int.self)
        guard length <= bytes.count - offset else {
            throw BinaryFormatError(offset: offset, expected: "\(length) more bytes")
        }
        offset += length
        return String(decoding: bytes[offset - length..<offset], as: UTF8.self)
    }

    @inlinable
    public mutating func readOptional<Element>(
        _ body: (inout BinaryReader) throws(BinaryFormatError) -> Element
    ) throws(BinaryFormatError) -> Element? {
        try readByte() == 0 ? nil : try body(&self)
    }

    @inlinable
    public mutating func readArray<Element>(
        _ body: (inout BinaryReader) throws(BinaryFormatError) -> Element
    ) throws(BinaryFormatError) -> [Element] {
        let count = try readInteger(Int.self)
        guard count <= bytes.count - offset else {
            throw BinaryFormatError(offset: offset, expected: "\(count) elements")
        }
        var elements: [Element] = []
        elements.reserveCapacity(count)
        for _ in 0..<count { elements.append(try body(&self)) }
        return elements
    }
}
