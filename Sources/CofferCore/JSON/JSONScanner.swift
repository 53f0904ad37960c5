/// Where a text stops being JSON, as an offset in bytes; `JSONError` says it in lines and columns.
struct JSONFault: Error, Equatable {
    var offset: Int
    var what: String
}

/// What a JSON value is, by its first character.
enum JSONKind: Sendable {
    case null, bool, number, string, array, object
}

/// Walks over JSON text and checks every byte of it, copying none.
///
/// The text is handed to each call instead of being kept, so that the same code serves guarded memory. Its faults
/// never quote the text: it may be a secret. Source: RFC 8259; UTF-8 as in RFC 3629.
struct JSONScanner {
    /// The deepest nesting that is read; a bound on the stack, which RFC 8259 (section 9) allows.
    static let depthLimit = 64

    /// The next byte to read.
    var offset = 0

    /// A string as it stands in the text.
    struct StringToken {
        /// The token, quotes included.
        var range: Range<Int>
        /// The length of the text that it stands for, in bytes of UTF-8.
        var decodedCount: Int
        /// Whether the text differs from what stands between the quotes.
        var hasEscapes: Bool { decodedCount != range.count - 2 }
    }

    mutating func skipWhitespace(in bytes: Span<UInt8>) {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x0a, 0x0d, 0x09: offset += 1
            default: return
            }
        }
    }

    /// Says which kind of value begins here.
    func kind(in bytes: Span<UInt8>) throws(JSONFault) -> JSONKind {
        guard offset < bytes.count else { throw fault("the text ends where a value should stand") }
        switch bytes[offset] {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
        case UInt8(ascii: "n"): return .null
        default:
            throw fault("a value should stand here: an object, array, string, number, true, false or null")
        }
    }

    /// Passes over one value of any kind; `depth` is the number of arrays and objects around it.
    mutating func skipValue(in bytes: Span<UInt8>, depth: Int) throws(JSONFault) {
        switch try kind(in: bytes) {
        case .null: try skipLiteral("null", in: bytes)
        case .bool: try skipBool(in: bytes)
        case .number: try skipNumber(in: bytes)
        case .string: _ = try scanString(in: bytes)
        case .array:
            try open(depth: depth)
            var isFirst = true
            while try nextElement(closing: UInt8(ascii: "]"), isFirst: &isFirst, in: bytes) {
                try skipValue(in: bytes, depth: depth + 1)
            }
        case .object:
            try open(depth: depth)
            var isFirst = true
            while try nextElement(closing: UInt8(ascii: "}"), isFirst: &isFirst, in: bytes) {
                _ = try scanName(in: bytes)
                try skipValue(in: bytes, depth: depth + 1)
            }
        }
    }

    /// Enters the array or object whose bracket stands here.
    mutating func open(depth: Int) throws(JSONFault) {
        guard depth < Self.depthLimit else { throw fault("more than \(Self.depthLimit) levels of nesting") }
        offset += 1
    }

    /// Goes to the next element, past the comma; false, past the bracket, where there is none.
    mutating func nextElement(
        closing: UInt8, isFirst: inout Bool, in bytes: Span<UInt8>
    ) throws(JSONFault) -> Bool {
        skipWhitespace(in: bytes)
        guard offset < bytes.count else { throw fault("the text ends inside an array or an object") }
        if bytes[offset] == closing {
            offset += 1
            return false
        }
        if isFirst {
            isFirst = false
            return true
        }
        guard bytes[offset] == UInt8(ascii: ",") else {
            throw fault("a comma or '\(Character(UnicodeScalar(closing)))' should stand here")
        }
        offset += 1
        skipWhitespace(in: bytes)
        if offset < bytes.count, bytes[offset] == closing {
            throw fault("nothing follows the comma before this")
        }
        return true
    }

    /// Reads a member's name and the colon after it, up to its value.
    mutating func scanName(in bytes: Span<UInt8>) throws(JSONFault) -> StringToken {
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") else {
            throw fault("a member's name in double quotes should stand here")
        }
        let name = try scanString(in: bytes)
        skipWhitespace(in: bytes)
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: ":") else {
            throw fault("a colon should stand here, between a member's name and its value")
        }
        offset += 1
        skipWhitespace(in: bytes)
        return name
    }

    /// Passes over what may follow the value of a whole text: nothing but white space.
    mutating func finish(in bytes: Span<UInt8>) throws(JSONFault) {
        skipWhitespace(in: bytes)
        guard offset == bytes.count else {
            throw fault("the value ended before this; remove what follows it")
        }
    }

    mutating func skipBool(in bytes: Span<UInt8>) throws(JSONFault) {
        try skipLiteral(bytes[offset] == UInt8(ascii: "t") ? "true" : "false", in: bytes)
    }

    mutating func skipLiteral(_ literal: StaticString, in bytes: Span<UInt8>) throws(JSONFault) {
        let text = "\(literal)"
        guard bytes.count - offset >= text.utf8.count else { throw fault("this should be \(text)") }
        for (index, byte) in text.utf8.enumerated() where bytes[offset + index] != byte {
            throw fault("this should be \(text)")
        }
        offset += text.utf8.count
    }

    mutating func skipNumber(in bytes: Span<UInt8>) throws(JSONFault) {
        if bytes[offset] == UInt8(ascii: "-") { offset += 1 }
        let start = offset
        try skipDigits(in: bytes)
        if bytes[start] == UInt8(ascii: "0"), offset - start > 1 {
            offset = start
            throw fault("a number doesn't begin with a zero that means nothing")
        }
        if offset < bytes.count, bytes[offset] == UInt8(ascii: ".") {
            offset += 1
            try skipDigits(in: bytes)
        }
        if offset < bytes.count, bytes[offset] | 0x20 == UInt8(ascii: "e") {
            offset += 1
            if offset < bytes.count, bytes[offset] == UInt8(ascii: "+") || bytes[offset] == UInt8(ascii: "-")
            {
                offset += 1
            }
            try skipDigits(in: bytes)
        }
    }

    private mutating func skipDigits(in bytes: Span<UInt8>) throws(JSONFault) {
        let start = offset
        while offset < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[offset]) {
            offset += 1
        }
        guard offset > start else { throw fault("a digit should stand here") }
    }

    func fault(_ what: String) -> JSONFault { JSONFault(offset: offset, what: what) }
}
