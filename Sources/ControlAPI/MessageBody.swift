public import CofferCore
public import SecretMemory

/// Makes messages in guarded memory.
public enum MessageBody {
    /// How a value stands in a message.
    public enum ValueForm: Sendable {
        /// As a JSON string: the value is UTF-8.
        case text
        /// In base64.
        case binary

        /// The form that a value can take: text where it is UTF-8.
        public init(of value: borrowing SecretBytes) {
            self = value.withBytes { JSONStringCodec.encodedCount($0) } == nil ? .binary : .text
        }

        /// The member's name in requests and answers about a secret's value.
        public var memberName: String {
            switch self {
            case .text: "SecretString"
            case .binary: "SecretBinary"
            }
        }
    }

    /// A message without a value.
    public static func make(_ json: JSONValue) throws(SecretMemoryError) -> SecretBytes {
        try SecretBytes(copying: Array(json.text.utf8).span)
    }

    /// A message with a value in it, which is escaped or encoded where it lies.
    ///
    /// - Parameters:
    ///   - members: what else stands in the message.
    ///   - name: the value's member; `form.memberName` unless given.
    ///   - form: `.text` only for UTF-8.
    public static func make(
        _ members: [JSONMember], value: borrowing SecretBytes, form: ValueForm, name: String? = nil
    ) throws(SecretMemoryError) -> SecretBytes {
        var head: [UInt8] = []
        JSONValue.object(members).write(to: &head)
        head.removeLast()
        if !members.isEmpty { head.append(UInt8(ascii: ",")) }
        head.appendJSONString(name ?? form.memberName)
        head.append(UInt8(ascii: ":"))
        let length = value.withBytes { bytes in
            switch form {
            case .text: JSONStringCodec.encodedCount(bytes) ?? 2
            case .binary: Base64.encodedCount(bytes.count) + 2
            }
        }
        var body = try SecretBytes(capacity: head.count + length + 1)
        try body.append(head.span)
        try body.resize(to: head.count + length)
        let start = head.count
        value.withBytes { bytes in
            body.withMutableBytes { body in
                var output = body._mutatingExtracting(start..<start + length)
                encode(bytes, form, into: &output)
            }
        }
        try body.append(UInt8(ascii: "}"))
        return body
    }

    private static func encode(
        _ bytes: Span<UInt8>, _ form: ValueForm, into output: inout MutableSpan<UInt8>
    ) {
        switch form {
        case .text:
            _ = JSONStringCodec.encode(bytes, into: &output)
        case .binary:
            output[0] = UInt8(ascii: "\"")
            var digits = output._mutatingExtracting(1..<output.count - 1)
            _ = Base64.encode(bytes, into: &digits)
            output[output.count - 1] = UInt8(ascii: "\"")
        }
    }
}
