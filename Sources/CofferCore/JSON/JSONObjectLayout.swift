/// Which members a JSON object has, and where in its text their values lie.
///
/// Made for secrets: the text stays where it is, in guarded memory, and only the names of its members, which are
/// metadata, become strings. Where a name occurs twice, its last member counts, as most parsers have it; the
/// earlier ones are not listed.
public struct JSONObjectLayout: Sendable {
    /// One member on the top level.
    public struct Member: Sendable, Equatable {
        /// How the member reads as a file.
        public enum Kind: Sendable {
            /// A string: the file is its text, unescaped.
            case string
            /// A number, boolean, null, array or object: the file is its JSON as it stands.
            case other
        }

        /// The name, unescaped.
        public let name: String
        /// How the member reads as a file.
        public let kind: Kind
        /// Where the value stands, a string's quotes included.
        public let valueRange: Range<Int>
        /// The length of the member's file in bytes: of a string's text, or of the JSON.
        public let decodedCount: Int
        /// Where the name stands, its quotes included.
        public let nameRange: Range<Int>
    }

    /// The members, in the order of the text.
    public let members: [Member]
    /// Where the closing brace of the object stands: a further member is inserted before it.
    public let closingBrace: Int

    /// Reads a whole text; nil where it isn't one valid JSON object (RFC 8259, UTF-8, at most 64 levels deep).
    public init?(scanning bytes: Span<UInt8>) {
        var scanner = JSONScanner()
        scanner.skipWhitespace(in: bytes)
        guard scanner.offset < bytes.count, bytes[scanner.offset] == UInt8(ascii: "{") else { return nil }
        do {
            (members, closingBrace) = try scanner.scanMembers(in: bytes)
            try scanner.finish(in: bytes)
        } catch {
            return nil
        }
    }

    /// The member of this name, compared byte by byte; nil where there is none.
    public subscript(name: String) -> Member? { members.first { $0.name.utf8.elementsEqual(name.utf8) } }
}

extension JSONScanner {
    /// Reads the members of the object whose brace stands here; of two with one name only the last is kept.
    fileprivate mutating func scanMembers(
        in bytes: Span<UInt8>
    ) throws(JSONFault) -> (members: [JSONObjectLayout.Member], closingBrace: Int) {
        var members: [JSONObjectLayout.Member] = []
        // Keyed by the bytes: two strings that differ in bytes only are equal to Swift, but not to a file system.
        var places: [[UInt8]: Int] = [:]
        var hasDuplicates = false
        var isFirst = true
        try open(depth: 0)
        while try nextElement(closing: UInt8(ascii: "}"), isFirst: &isFirst, in: bytes) {
            let name = try scanName(in: bytes)
            let start = offset
            let isString = try kind(in: bytes) == .string
            let decodedCount: Int
            if isString {
                decodedCount = try scanString(in: bytes).decodedCount
            } else {
                try skipValue(in: bytes, depth: 1)
                decodedCount = offset - start
            }
            let nameBytes = name.decoded(from: bytes)
            if places.updateValue(members.count, forKey: nameBytes) != nil { hasDuplicates = true }
            members.append(
                JSONObjectLayout.Member(
                    name: String(decoding: nameBytes, as: UTF8.self), kind: isString ? .string : .other,
                    valueRange: start..<offset, decodedCount: decodedCount, nameRange: name.range))
        }
        if hasDuplicates {
            let last = Set(places.values)
            members = members.indices.filter(last.contains).map { members[$0] }
        }
        return (members, offset - 1)
    }
}

extension JSONScanner.StringToken {
    /// The text that the token stands for: for names and for JSON that is no secret.
    func decoded(from bytes: Span<UInt8>) -> [UInt8] {
        var text = [UInt8](repeating: 0, count: decodedCount)
        var output = text.mutableSpan
        _ = JSONStringCodec.decode(bytes.extracting(range), into: &output)
        return text
    }
}
