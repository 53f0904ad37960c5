/// A record's place in the chain: the first 16 bytes of a keyed BLAKE2b over the value before it and the line.
struct ChainValue: Hashable, Sendable {
    static let byteCount = 16
    static let hexDigits = 32

    private(set) var high: UInt64
    private(set) var low: UInt64

    /// Takes 16 bytes at `offset`.
    init(_ bytes: Span<UInt8>, at offset: Int = 0) {
        (high, low) = (0, 0)
        for index in 0..<8 {
            high = high << 8 | UInt64(bytes[offset + index])
            low = low << 8 | UInt64(bytes[offset + 8 + index])
        }
    }

    /// Reads 32 lower-case hexadecimal digits at `offset`; nil for anything else.
    init?(hex bytes: Span<UInt8>, at offset: Int) {
        guard let high = UInt64(hex: bytes, at: offset, digits: 16),
            let low = UInt64(hex: bytes, at: offset + 16, digits: 16)
        else { return nil }
        (self.high, self.low) = (high, low)
    }

    /// The 16 bytes.
    var bytes: [UInt8] {
        var bytes = LineBuffer(capacity: Self.byteCount)
        append(to: &bytes)
        return bytes.bytes
    }

    /// Appends the 16 bytes.
    func append(to bytes: inout LineBuffer) {
        let room = unsafe UnsafeMutableRawPointer(bytes.extend(by: Self.byteCount))
        unsafe room.storeBytes(of: high.bigEndian, as: UInt64.self)
        unsafe room.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
    }

    /// Appends the 32 hexadecimal digits.
    func appendHex(to bytes: inout LineBuffer) {
        bytes.appendHex(high, digits: 16)
        bytes.appendHex(low, digits: 16)
    }

    /// The 32 hexadecimal digits.
    var hex: String {
        var digits = LineBuffer(capacity: Self.hexDigits)
        appendHex(to: &digits)
        return String(decoding: digits.bytes, as: UTF8.self)
    }
}

extension UInt64 {
    /// Reads exactly `digits` lower-case hexadecimal digits at `offset`; nil for anything else.
    init?(hex bytes: Span<UInt8>, at offset: Int, digits: Int) {
        guard offset >= 0, offset + digits <= bytes.count else { return nil }
        self = 0
        for index in offset..<offset + digits {
            let digit: UInt8
            switch bytes[index] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = bytes[index] - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = bytes[index] - UInt8(ascii: "a") + 10
            default: return nil
            }
            self = self << 4 | UInt64(digit)
        }
    }
}
