/// A JSON value that knows where in its text it stands, for errors that point there.
struct JSONNode: Sendable {
    struct Member: Sendable {
        var name: String
        var nameOffset: Int
        var value: JSONNode
    }

    enum Content: Sendable {
        case null
        case bool(Bool)
        case number(String)
        case string(String)
        case array([JSONNode])
        case object([Member])
    }

    /// Where the value begins, in bytes.
    var offset: Int
    var content: Content

    init(parsing bytes: [UInt8], duplicateNames: JSONValue.DuplicateNames) throws(JSONError) {
        let fault: JSONFault
        do throws(JSONFault) {
            var scanner = JSONScanner()
            scanner.skipWhitespace(in: bytes.span)
            self = try scanner.readNode(in: bytes.span, depth: 0, duplicateNames: duplicateNames)
            try scanner.finish(in: bytes.span)
            return
        } catch {
            fault = error
        }
        let position = TextPosition(of: fault.offset, in: bytes)
        throw JSONError(line: position.line, column: position.column, what: fault.what)
    }

    init(offset: Int, content: Content) {
        self.offset = offset
        self.content = content
    }
}

extension JSONValue {
    init(_ node: JSONNode) {
        self =
            switch node.content {
            case .null: .null
            case .bool(let value): .bool(value)
            case .number(let text): .number(text)
            case .string(let text): .string(text)
            case .array(let elements): .array(elements.map(JSONValue.init))
            case .object(let members): .object(members.map { JSONMember($0.name, JSONValue($0.value)) })
            }
    }
}

extension JSONScanner {
    /// Reads the value that begins here.
    fileprivate mutating func readNode(
        in bytes: Span<UInt8>, depth: Int, duplicateNames: JSONValue.DuplicateNames
    ) throws(JSONFault) -> JSONNode {
        let start = offset
        let content: JSONNode.Content
        switch try kind(in: bytes) {
        case .null:
            try skipLiteral("null", in: bytes)
            content = .null
        case .bool:
            try skipBool(in: bytes)
            content = .bool(bytes[start] == UInt8(ascii: "t"))
        case .number:
            try skipNumber(in: bytes)
            content = .number(
                String(decoding: (start..<offset).map { bytes[$0] }, as: UTF8.self))
        case .string:
            content = .string(String(decoding: try scanString(in: bytes).decoded(from: bytes), as: UTF8.self))
        case .array:
            var elements: [JSONNode] = []
            var isFirst = true
            try open(depth: depth)
            while try nextElement(closing: UInt8(ascii: "]"), isFirst: &isFirst, in: bytes) {
                elements.append(try readNode(in: bytes, depth: depth + 1, duplicateNames: duplicateNames))
            }
            content = .array(elements)
        case .object:
            content = .object(try readMembers(in: bytes, depth: depth, duplicateNames: duplicateNames))
        }
        return JSONNode(offset: start, content: content)
    }

    private mutating func readMembers(
        in bytes: Span<UInt8>, depth: Int, duplicateNames: JSONValue.DuplicateNames
    ) throws(JSONFault) -> [JSONNode.Member] {
        var members: [JSONNode.Member] = []
        var names: Set<[UInt8]> = []
        var isFirst = true
        try open(depth: depth)
        while try nextElement(closing: UInt8(ascii: "}"), isFirst: &isFirst, in: bytes) {
            let token = try scanName(in: bytes)
            let nameBytes = token.decoded(from: bytes)
            if !names.insert(nameBytes).inserted, duplicateNames == .refused {
                throw JSONFault(
                    offset: token.range.lowerBound,
                    what: "this object has a member of this name already; remove one")
            }
            members.append(
                JSONNode.Member(
                    name: String(decoding: nameBytes, as: UTF8.self), nameOffset: token.range.lowerBound,
                    value: try readNode(in: bytes, depth: depth + 1, duplicateNames: duplicateNames)))
        }
        return members
    }
}
