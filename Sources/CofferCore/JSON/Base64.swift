/// Base64 between spans that the caller owns: for SecretBinary.
///
/// Digits are computed and not looked up, so that no address depends on a secret. Source: RFC 4648, section 4,
/// strict: padding is obligatory, its unused bits are zero, and no other character (no line break) is taken.
public enum Base64 {
    /// The length of the text for so many bytes.
    public static func encodedCount(_ count: Int) -> Int { (count + 2) / 3 * 4 }

    /// The length of the bytes that a text stands for; nil where its length or padding is wrong. The other
    /// characters are checked by `decode`.
    public static func decodedCount(_ text: Span<UInt8>) -> Int? {
        guard text.count.isMultiple(of: 4) else { return nil }
        guard !text.isEmpty else { return 0 }
        return text.count / 4 * 3 - padding(text)
    }

    /// Writes the text for some bytes, and returns its length.
    ///
    /// - Parameter output: at least `encodedCount(bytes.count)` long.
    public static func encode(_ bytes: Span<UInt8>, into output: inout MutableSpan<UInt8>) -> Int {
        var written = 0
        var index = 0
        while index < bytes.count {
            let left = bytes.count - index
            let group =
                UInt32(bytes[index]) << 16 | (left > 1 ? UInt32(bytes[index + 1]) << 8 : 0)
                | (left > 2 ? UInt32(bytes[index + 2]) : 0)
            output[written] = digit(group >> 18)
            output[written + 1] = digit(group >> 12 & 63)
            output[written + 2] = left > 1 ? digit(group >> 6 & 63) : UInt8(ascii: "=")
            output[written + 3] = left > 2 ? digit(group & 63) : UInt8(ascii: "=")
            written += 4
            index += 3
        }
        return written
    }

    /// Writes the bytes that a text stands for, and returns their length; nil where the text is not base64 (what was
    /// written until then stays in the output).
    ///
    /// - Parameter output: at least `decodedCount(text)` long.
    public static func decode(_ text: Span<UInt8>, into output: inout MutableSpan<UInt8>) -> Int? {
        guard let count = decodedCount(text) else { return nil }
        var invalid: UInt32 = 0
        var written = 0
        var index = 0
        while index < text.count {
            var group: UInt32 = 0
            let digits = min(4, text.count - padding(text) - index)
            for place in 0..<4 {
                let value = place < digits ? Self.value(text[index + place]) : 0
                invalid |= value & ~63
                group = group << 6 | value & 63
            }
            for place in 0..<3 {
                let byte = UInt8(truncatingIfNeeded: group >> (16 - 8 * UInt32(place)))
                if written < count {
                    output[written] = byte
                    written += 1
                } else {
                    invalid |= UInt32(byte)  // The bits that the padding leaves unused.
                }
            }
            index += 4
        }
        return invalid == 0 ? count : nil
    }

    private static func padding(_ text: Span<UInt8>) -> Int {
        guard text[text.count - 1] == UInt8(ascii: "=") else { return 0 }
        return text[text.count - 2] == UInt8(ascii: "=") ? 2 : 1
    }

    /// The digit of a number below 64: A-Z, a-z, 0-9, + and /.
    private static func digit(_ value: UInt32) -> UInt8 {
        // Each step is added where the value has passed the end of a range: the subtraction borrows.
        func step(_ last: UInt32, _ amount: UInt32) -> UInt32 { (last &- value) >> 31 &* amount }
        return UInt8(
            truncatingIfNeeded: value &+ 65 &+ step(25, 6) &+ step(51, 0 &- 75) &+ step(61, 0 &- 15)
                &+ step(62, 3))
    }

    /// The number of a digit; 64 for a character that is none.
    private static func value(_ digit: UInt8) -> UInt32 {
        let code = UInt32(digit)
        // All ones where the digit lies in the range, else zero.
        func mask(_ first: UInt8, _ last: UInt8) -> UInt32 {
            0 &- (1 &- ((code &- UInt32(first)) >> 31 | (UInt32(last) &- code) >> 31))
        }
        let upper = mask(0x41, 0x5a)
        let lower = mask(0x61, 0x7a)
        let decimal = mask(0x30, 0x39)
        let plus = mask(0x2b, 0x2b)
        let slash = mask(0x2f, 0x2f)
        let known = upper | lower | decimal | plus | slash
        return upper & (code &- 65) | lower & (code &- 71) | decimal & (code &+ 4) | plus & 62 | slash & 63
            | ~known & 64
    }
}
