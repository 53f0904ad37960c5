/// Turns text into JSON strings and back, between spans that the caller owns; nothing is copied elsewhere.
public enum JSONStringCodec {
    /// The length of the text that a string token stands for, in bytes; nil where it is no JSON string.
    ///
    /// - Parameter token: the token with its quotes.
    public static func decodedCount(_ token: Span<UInt8>) -> Int? {
        guard token.count >= 2, token[0] == UInt8(ascii: "\"") else { return nil }
        var scanner = JSONScanner()
        do {
            let string = try scanner.scanString(in: token)
            return string.range.upperBound == token.count ? string.decodedCount : nil
        } catch {
            return nil
        }
    }

    /// Writes the text that a string token stands for, and returns its length in bytes.
    ///
    /// - Parameters:
    ///   - token: the token with its quotes, as `JSONObjectLayout.Member.valueRange` covers it. It must have been
    ///     checked (by the layout or `decodedCount`); anything else traps.
    ///   - output: at least as long as the text; `decodedCount` and `Member.decodedCount` tell.
    public static func decode(_ token: Span<UInt8>, into output: inout MutableSpan<UInt8>) -> Int {
        precondition(token.count >= 2, "a JSON string has two quotes")
        var written = 0
        var offset = 1
        let end = token.count - 1
        while offset < end {
            let byte = token[offset]
            guard byte == UInt8(ascii: "\\") else {
                output[written] = byte
                written += 1
                offset += 1
                continue
            }
            switch token[offset + 1] {
            case UInt8(ascii: "b"): output[written] = 0x08
            case UInt8(ascii: "f"): output[written] = 0x0c
            case UInt8(ascii: "n"): output[written] = 0x0a
            case UInt8(ascii: "r"): output[written] = 0x0d
            case UInt8(ascii: "t"): output[written] = 0x09
            case UInt8(ascii: "u"):
                written += decodeUnicode(token, at: &offset, into: &output, at: written)
                continue
            case let character: output[written] = character
            }
            written += 1
            offset += 2
        }
        return written
    }

    /// The length of the JSON string that stands for a text, quotes included; nil where the bytes are not UTF-8.
    public static func encodedCount(_ bytes: Span<UInt8>) -> Int? {
        var count = 2
        var offset = 0
        while offset < bytes.count {
            let byte = bytes[offset]
            let length = byte < 0x80 ? 1 : UTF8Sequence.length(at: offset, in: bytes)
            guard length > 0 else { return nil }
            count += length == 1 ? escapedCount(byte) : length
            offset += length
        }
        return count
    }

    /// Writes a text as a JSON string with its quotes, and returns the length of that in bytes.
    ///
    /// Only `"`, `\` and the control characters below U+0020 are escaped.
    ///
    /// - Parameters:
    ///   - bytes: UTF-8, as `encodedCount` checks it.
    ///   - output: at least `encodedCount(bytes)` long.
    public static func encode(_ bytes: Span<UInt8>, into output: inout MutableSpan<UInt8>) -> Int {
        output[0] = UInt8(ascii: "\"")
        var written = 1
        for index in bytes.indices {
            let byte = bytes[index]
            let count = escapedCount(byte)
            if count == 1 {
                output[written] = byte
            } else {
                output[written] = UInt8(ascii: "\\")
                output[written + 1] = shortEscape(byte) ?? UInt8(ascii: "u")
                if count == 6 {
                    output[written + 2] = UInt8(ascii: "0")
                    output[written + 3] = UInt8(ascii: "0")
                    output[written + 4] = hexDigit(byte >> 4)
                    output[written + 5] = hexDigit(byte & 0x0f)
                }
            }
            written += count
        }
        output[written] = UInt8(ascii: "\"")
        return written + 1
    }

    /// Whether the bytes are one whole JSON text, of any kind. Source: RFC 8259.
    public static func isValidJSON(_ bytes: Span<UInt8>) -> Bool {
        var scanner = JSONScanner()
        do {
            scanner.skipWhitespace(in: bytes)
            try scanner.skipValue(in: bytes, depth: 0)
            try scanner.finish(in: bytes)
            return true
        } catch {
            return false
        }
    }

    /// How many bytes stand for this byte inside a JSON string.
    private static func escapedCount(_ byte: UInt8) -> Int {
        shortEscape(byte) != nil ? 2 : byte < 0x20 ? 6 : 1
    }

    /// The letter after the backslash, for the characters that have an escape of two characters and need one.
    private static func shortEscape(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): byte
        case 0x08: UInt8(ascii: "b")
        case 0x0c: UInt8(ascii: "f")
        case 0x0a: UInt8(ascii: "n")
        case 0x0d: UInt8(ascii: "r")
        case 0x09: UInt8(ascii: "t")
        default: nil
        }
    }

    /// Writes the character of a `\uXXXX` or of a pair of them in UTF-8, and moves past it.
    private static func decodeUnicode(
        _ token: Span<UInt8>, at offset: inout Int, into output: inout MutableSpan<UInt8>, at start: Int
    ) -> Int {
        guard var code = JSONScanner.codeUnit(at: offset, in: token) else {
            preconditionFailure("the token was not checked")
        }
        offset += 6
        if (0xd800..<0xdc00).contains(code) {
            guard let low = JSONScanner.codeUnit(at: offset, in: token), (0xdc00..<0xe000).contains(low)
            else {
                preconditionFailure("the token was not checked")
            }
            code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
            offset += 6
        }
        func tail(_ shift: UInt32) -> UInt8 { 0x80 | UInt8(code >> shift & 0x3f) }
        switch code {
        case 0..<0x80:
            output[start] = UInt8(code)
            return 1
        case 0..<0x800:
            output[start] = 0xc0 | UInt8(code >> 6)
            output[start + 1] = tail(0)
            return 2
        case 0..<0x10000:
            output[start] = 0xe0 | UInt8(code >> 12)
            output[start + 1] = tail(6)
            output[start + 2] = tail(0)
            return 3
        default:
            output[start] = 0xf0 | UInt8(code >> 18)
            output[start + 1] = tail(12)
            output[start + 2] = tail(6)
            output[start + 3] = tail(0)
            return 4
        }
    }
}
