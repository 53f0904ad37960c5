extension JSONValue {
    /// The value as JSON on one line, without spaces.
    public var text: String { rendered(pretty: false) }

    /// The value as JSON over several lines, indented by two spaces, without a newline at the end.
    public var prettyText: String { rendered(pretty: true) }

    /// Appends the value as JSON.
    public func write(to bytes: inout [UInt8], pretty: Bool = false) {
        write(to: &bytes, indentation: pretty ? 0 : nil)
    }

    private func rendered(pretty: Bool) -> String {
        var bytes: [UInt8] = []
        write(to: &bytes, pretty: pretty)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func write(to bytes: inout [UInt8], indentation: Int?) {
        switch self {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .number(let text): bytes.append(contentsOf: text.utf8)
        case .string(let text): bytes.appendJSONString(text)
        case .array(let elements):
            bytes.appendElements(elements, between: "[", and: "]", indentation) { element, bytes, inner in
                element.write(to: &bytes, indentation: inner)
            }
        case .object(let members):
            bytes.appendElements(members, between: "{", and: "}", indentation) { member, bytes, inner in
                bytes.appendJSONString(member.name)
                bytes.append(contentsOf: (inner == nil ? ":" : ": ").utf8)
                member.value.write(to: &bytes, indentation: inner)
            }
        }
    }
}

extension [UInt8] {
    /// Appends a text as a JSON string with its quotes. Not for secrets: those go through `JSONStringCodec`.
    public mutating func appendJSONString(_ text: String) {
        var text = text
        text.makeContiguousUTF8()
        let bytes = text.utf8.span
        guard let length = JSONStringCodec.encodedCount(bytes) else {
            preconditionFailure("a String is always UTF-8")
        }
        var token = [UInt8](repeating: 0, count: length)
        var output = token.mutableSpan
        _ = JSONStringCodec.encode(bytes, into: &output)
        append(contentsOf: token)
    }

    fileprivate mutating func appendElements<Item>(
        _ elements: [Item], between open: Character, and close: Character, _ indentation: Int?,
        _ body: (Item, inout [UInt8], Int?) -> Void
    ) {
        append(contentsOf: String(open).utf8)
        let inner = indentation.map { $0 + 1 }
        for (index, element) in elements.enumerated() {
            if index > 0 { append(UInt8(ascii: ",")) }
            if let inner { appendLineBreak(inner) }
            body(element, &self, inner)
        }
        if let indentation, !elements.isEmpty { appendLineBreak(indentation) }
        append(contentsOf: String(close).utf8)
    }

    private mutating func appendLineBreak(_ indentation: Int) {
        append(UInt8(ascii: "\n"))
        append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * indentation))
    }
}
