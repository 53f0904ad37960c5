extension JSONScanner {
    /// Reads the string whose opening quote stands here.
    mutating func scanString(in bytes: Span<UInt8>) throws(JSONFault) -> StringToken {
        let start = offset
        offset += 1
        var decodedCount = 0
        while offset < bytes.count {
            let byte = bytes[offset]
            switch byte {
            case UInt8(ascii: "\""):
                offset += 1
                return StringToken(range: start..<offset, decodedCount: decodedCount)
            case UInt8(ascii: "\\"):
                decodedCount += try skipEscape(in: bytes)
            case 0..<0x20:
                throw fault("a control character stands in a string; write it as an escape such as \\n")
            case 0x20..<0x80:
                offset += 1
                decodedCount += 1
            default:
                let length = UTF8Sequence.length(at: offset, in: bytes)
                guard length > 0 else { throw fault("this is not UTF-8") }
                offset += length
                decodedCount += length
            }
        }
        offset = start
        throw fault("this string has no closing quote")
    }

    /// Passes over one escape, or two that make a pair of surrogates; returns the bytes of UTF-8 it stands for.
    private mutating func skipEscape(in bytes: Span<UInt8>) throws(JSONFault) -> Int {
        guard offset + 1 < bytes.count else { throw fault("the text ends inside a string") }
        switch bytes[offset + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            offset += 2
            return 1
        case UInt8(ascii: "u"):
            break
        default:
            throw fault(
                "no such escape; there are \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\u with four hex digits")
        }
        guard let unit = Self.codeUnit(at: offset, in: bytes) else {
            throw fault("\\u should be followed by four hexadecimal digits")
        }
        switch unit {
        case 0xd800..<0xdc00:
            guard let low = Self.codeUnit(at: offset + 6, in: bytes), (0xdc00..<0xe000).contains(low) else {
                throw fault("half of a surrogate pair stands alone")
            }
            offset += 12
            return 4
        case 0xdc00..<0xe000:
            throw fault("half of a surrogate pair stands alone")
        default:
            offset += 6
            return unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3
        }
    }

    /// The code unit of the `\uXXXX` at an offset; nil where there is none.
    static func codeUnit(at offset: Int, in bytes: Span<UInt8>) -> UInt32? {
        guard offset + 6 <= bytes.count, bytes[offset] == UInt8(ascii: "\\"),
            bytes[offset + 1] == UInt8(ascii: "u")
        else { return nil }
        var value: UInt32 = 0
        for index in offset + 2..<offset + 6 {
            switch bytes[index] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(bytes[index] - 0x30)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(bytes[index] - 0x37)
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(bytes[index] - 0x57)
            default: return nil
            }
        }
        return value
    }
}
