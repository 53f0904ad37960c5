internal import CofferCore
internal import SecretMemory

// A member's file and its token in the JSON object, both ways, in guarded memory.
extension MemberRecord {
    /// What the member's file holds, from the whole value: a string's text, unescaped; the JSON of anything else.
    func text(in value: Span<UInt8>) throws(SecretMemoryError) -> SecretBytes {
        let token = value.extracting(Int(start)..<Int(start) + Int(length))
        guard isString else { return try SecretBytes(copying: token) }
        var text = try SecretBytes(zeroedCount: Int(size))
        let count = text.withMutableBytes { JSONStringCodec.decode(token, into: &$0) }
        try text.resize(to: count)
        return text
    }
}

/// A JSON object's text with one member changed or added, the others and their order as they were.
enum MemberEdit {
    /// Makes the new text of the object.
    ///
    /// - Parameters:
    ///   - object: the present text, which has the layout.
    ///   - name: the member to change, or to add behind the others.
    ///   - file: what was written to the member's file.
    static func object(
        _ object: Span<UInt8>, layout: JSONObjectLayout, setting name: String, to file: Span<UInt8>
    ) throws(ServiceError) -> SecretBytes {
        let member = layout[name]
        do {
            // A string stays a string whatever is written; anything else must stay JSON.
            let token = try token(for: file, asString: member.map { $0.kind == .string } ?? true, name: name)
            var result = try SecretBytes(capacity: object.count + token.count + name.utf8.count * 6 + 8)
            if let member {
                try result.append(object.extracting(0..<member.valueRange.lowerBound))
                try result.append(token)
                try result.append(object.extracting(member.valueRange.upperBound..<object.count))
            } else {
                let end = layout.closingBrace
                try result.append(object.extracting(0..<end))
                if !layout.members.isEmpty { try result.append(UInt8(ascii: ",")) }
                try result.append(Array(JSONValue.string(name).text.utf8).span)
                try result.append(UInt8(ascii: ":"))
                try result.append(token)
                try result.append(object.extracting(end..<object.count))
            }
            return result
        } catch let error as ServiceError {
            throw error
        } catch let error as SecretMemoryError {
            throw ServiceError(error)
        } catch {
            throw .internalServiceError("a member could not be written")
        }
    }

    private static func token(
        for file: Span<UInt8>, asString: Bool, name: String
    ) throws -> SecretBytes {
        if asString {
            guard let count = JSONStringCodec.encodedCount(file) else {
                throw ServiceError.invalidParameter(
                    "the member '\(name)' is text, and what was written is not UTF-8")
            }
            var token = try SecretBytes(zeroedCount: count)
            let used = token.withMutableBytes { JSONStringCodec.encode(file, into: &$0) }
            try token.resize(to: used)
            return token
        }
        guard JSONStringCodec.isValidJSON(file) else {
            throw ServiceError.invalidParameter(
                "the member '\(name)' is not a string, so what is written to it must be JSON (a number, true, null, [..] or {..})"
            )
        }
        return try SecretBytes(copying: file.extracting(trimmed(file)))
    }

    /// The range of JSON without the white space around it.
    private static func trimmed(_ text: Span<UInt8>) -> Range<Int> {
        var range = 0..<text.count
        while !range.isEmpty, isSpace(text[range.lowerBound]) {
            range = range.lowerBound + 1..<range.upperBound
        }
        while !range.isEmpty, isSpace(text[range.upperBound - 1]) {
            range = range.lowerBound..<range.upperBound - 1
        }
        return range
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09
    }
}
