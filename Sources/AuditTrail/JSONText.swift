extension LineBuffer {
    /// Appends `text` as a JSON string, quotes included, in plain sight of whoever prints the log on a terminal:
    /// control characters (C0, DEL, C1) and U+2000 to U+207F (line separators, bidirectional overrides) are escaped.
    /// Of a longer text the first `limit` bytes are kept, and `…` shows that there was more.
    mutating func appendQuoted(_ text: String, limit: Int = 32_768) {
        append(UInt8(ascii: "\""))
        var text = text
        let isLong = text.utf8.count > limit
        if isLong {
            let utf8 = text.utf8
            var end = utf8.index(utf8.startIndex, offsetBy: limit)
            while utf8[end] & 0xC0 == 0x80 { end = utf8.index(before: end) }
            text = String(text[..<end])
        }
        text.withUTF8 { bytes in
            if unsafe bytes.isPlainJSONText {
                unsafe append(bytes)
            } else {
                unsafe appendEscaped(bytes)
            }
        }
        if isLong { append("…") }
        append(UInt8(ascii: "\""))
    }

    private mutating func appendEscaped(_ bytes: UnsafeBufferPointer<UInt8>) {
        var index = 0
        while index < bytes.count {
            let byte = unsafe bytes[index]
            switch byte {
            case UInt8(ascii: "\""): append("\\\"")
            case UInt8(ascii: "\\"): append("\\\\")
            case UInt8(ascii: "\n"): append("\\n")
            case UInt8(ascii: "\r"): append("\\r")
            case UInt8(ascii: "\t"): append("\\t")
            case 0..<0x20, 0x7F:
                append("\\u")
                appendHex(UInt64(byte), digits: 4)
            case 0xC2 where unsafe index + 1 < bytes.count && bytes[index + 1] < 0xA0:
                append("\\u")
                unsafe appendHex(UInt64(bytes[index + 1]), digits: 4)
                index += 1
            case 0xE2
            where unsafe index + 2 < bytes.count && (bytes[index + 1] == 0x80 || bytes[index + 1] == 0x81):
                append("\\u")
                let middle = unsafe UInt64(bytes[index + 1] & 0x3F)
                unsafe appendHex(0x2000 | middle << 6 | UInt64(bytes[index + 2] & 0x3F), digits: 4)
                index += 2
            default: append(byte)
            }
            index += 1
        }
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether the text may stand between quotes as it is.
    fileprivate var isPlainJSONText: Bool {
        // Without a way out of the loop, so that many bytes are looked at in one step.
        var odd: UInt8 = 0
        for index in 0..<count {
            let byte = unsafe self[index]
            odd |= byte < 0x20 ? 1 : 0
            odd |= byte >= 0x7F ? 1 : 0
            odd |= byte == UInt8(ascii: "\"") ? 1 : 0
            odd |= byte == UInt8(ascii: "\\") ? 1 : 0
        }
        return odd == 0
    }
}
