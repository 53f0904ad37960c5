import CofferCore

/// Sixteen bytes as two numbers: compared, hashed and written without a loop over an array.
struct Words128: Hashable, Sendable {
    let first: UInt64
    let second: UInt64

    /// Reads 16 bytes; traps where there are fewer.
    init(_ bytes: Span<UInt8>, at offset: Int) {
        first = bytes.littleEndian64(at: offset)
        second = bytes.littleEndian64(at: offset + 8)
    }

    /// Reads a UUID's text; nil for anything else.
    init?(_ text: String) {
        let digits = Array(text.utf8)
        guard digits.count == 36 else { return nil }
        var bytes: [UInt8] = []
        var index = 0
        while index < digits.count {
            if Self.dashes.contains(index) {
                guard digits[index] == UInt8(ascii: "-") else { return nil }
                index += 1
                continue
            }
            guard let high = hexValue(digits[index]), let low = hexValue(digits[index + 1]) else {
                return nil
            }
            bytes.append(high << 4 | low)
            index += 2
        }
        self.init(bytes.span, at: 0)
    }

    private static let dashes = [8, 13, 18, 23]

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        for word in [first, second] {
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        return bytes
    }

    var text: String {
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for byte in bytes {
            if Self.dashes.contains(text.count) { text.append(UInt8(ascii: "-")) }
            text.append(hexDigit(byte >> 4))
            text.append(hexDigit(byte & 0x0f))
        }
        return String(decoding: text, as: UTF8.self)
    }
}

/// The value of a hexadecimal digit; nil for any other byte.
func hexValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
}
