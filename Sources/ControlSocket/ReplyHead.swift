/// The status line and the headers of a response, as far as the client cares.
struct ReplyHead: Equatable {
    var status: Int
    /// The value of `x-amzn-ErrorType`.
    var errorType: String?
    /// The announced number of bytes; nil when the body ends with the connection.
    var contentLength: Int?

    /// The number of bytes of the head in `range`, its empty line included; nil while that has not come.
    static func length(in bytes: Span<UInt8>, _ range: Range<Int>, from: Int) -> Int? {
        guard range.count >= 4 else { return nil }
        for index in from..<max(from, range.upperBound - 3)
        where bytes[index] == 13 && bytes[index + 1] == 10 && bytes[index + 2] == 13 && bytes[index + 3] == 10
        {
            return index + 4 - range.lowerBound
        }
        return nil
    }

    /// Parses the head that fills `range`. Throws `protocolViolation`.
    init(parsing bytes: Span<UInt8>, _ range: Range<Int>) throws(ControlSocketError) {
        // Headers are no secrets; the bytes after them never come into a string.
        let text = String(decoding: range.map { bytes[$0] }, as: UTF8.self)
        var lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            String(line.last == "\r" ? line.dropLast() : line)
        }
        status = try Self.status(in: lines.removeFirst())
        for line in lines where !line.isEmpty { try take(line) }
    }

    private static func status(in line: String) throws(ControlSocketError) -> Int {
        let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count >= 2, words[0] == "HTTP/1.1" || words[0] == "HTTP/1.0", words[1].utf8.count == 3,
            let status = Self.number(words[1]), (100...599).contains(status)
        else { throw .protocolViolation("its first line is no HTTP status") }
        return status
    }

    private mutating func take(_ line: String) throws(ControlSocketError) {
        guard let colon = line.firstIndex(of: ":"), colon != line.startIndex,
            !line[..<colon].utf8.contains(where: { $0 <= 0x20 })
        else { throw .protocolViolation("a header without a name") }
        let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
        let trimmed = String(value.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
        switch line[..<colon].lowercased() {
        case "content-length":
            guard let length = Self.number(Substring(trimmed)), contentLength ?? length == length else {
                throw .protocolViolation("a Content-Length that is no number")
            }
            contentLength = length
        case "transfer-encoding":
            throw .protocolViolation("a Transfer-Encoding, which this client does not read")
        case "x-amzn-errortype":
            errorType = trimmed
        default:
            break
        }
    }

    /// Digits only: `Int` alone would take a sign.
    private static func number(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }
}
