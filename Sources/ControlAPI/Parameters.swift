internal import CofferCore
internal import SecretMemory

/// The members of a request that are no secret, each taken out once its type is right.
struct Parameters {
    private let members: [String: JSONValue]

    /// Reads all members but the values; the operation knows each name.
    init(
        _ layout: MessageLayout, in body: borrowing SecretBytes, of operation: Operation
    ) throws(APIError) {
        var members: [String: JSONValue] = [:]
        // All names first: of a message with a wrong one nothing is copied.
        for name in layout.names where !operation.parameters.contains(name) {
            throw .invalidParameter(
                "\(operation.rawValue) has no parameter '\(name)'; it has \(operation.parameters.joined(separator: ", "))"
            )
        }
        for name in layout.names where !Operation.valueParameters.contains(name) {
            do {
                members[name] = try layout.plain(name, in: body)
            } catch {
                throw .serialization(error.message)
            }
        }
        self.members = members
    }

    /// Whether a member was given, other than as null.
    func has(_ name: String) -> Bool { members[name] != nil }

    func text(_ name: String) throws(APIError) -> String? {
        guard let value = members[name] else { return nil }
        guard let text = value.string else { throw .serialization("\(name) must be a string") }
        return text
    }

    func requiredText(_ name: String) throws(APIError) -> String {
        guard let text = try text(name) else { throw .invalidParameter("give \(name)") }
        return text
    }

    /// A boolean; false where it is left out, unless said otherwise.
    func flag(_ name: String, default other: Bool = false) throws(APIError) -> Bool {
        guard let value = members[name] else { return other }
        guard let flag = value.bool else { throw .serialization("\(name) must be true or false") }
        return flag
    }

    func whole(_ name: String, in range: ClosedRange<Int>) throws(APIError) -> Int? {
        guard let value = members[name] else { return nil }
        guard let number = value.int else { throw .serialization("\(name) must be a whole number") }
        guard range.contains(Int(number)) else {
            throw .invalidParameter(
                "\(name) must be \(range.lowerBound) to \(range.upperBound); \(number) was given")
        }
        return Int(number)
    }

    /// An array of strings; nil where it is left out.
    func texts(_ name: String, atMost limit: Int = 100) throws(APIError) -> [String]? {
        try elements(name, atMost: limit)?.map { element throws(APIError) in
            guard let text = element.string else {
                throw .serialization("\(name) must be an array of strings")
            }
            return text
        }
    }

    /// An array of whatever; nil where it is left out.
    func elements(_ name: String, atMost limit: Int) throws(APIError) -> [JSONValue]? {
        guard let value = members[name] else { return nil }
        guard let elements = value.array else { throw .serialization("\(name) must be an array") }
        guard elements.count <= limit else {
            throw .invalidParameter("\(name) has at most \(limit) elements; \(elements.count) were given")
        }
        return elements
    }

    /// The members of an object; nil where it is left out.
    func object(_ name: String) throws(APIError) -> [JSONMember]? {
        guard let value = members[name] else { return nil }
        guard let members = value.object else { throw .serialization("\(name) must be an object") }
        return members
    }

    /// An array of `{"Key": …, "Value": …}`; nil where it is left out.
    func tags(_ name: String) throws(APIError) -> [String: String]? {
        guard let elements = try elements(name, atMost: 1000) else { return nil }
        var tags: [String: String] = [:]
        for element in elements {
            guard let members = element.object else {
                throw .serialization("\(name) must be an array of {\"Key\": …, \"Value\": …}")
            }
            for member in members where member.name != "Key" && member.name != "Value" {
                throw .invalidParameter("a tag has no member '\(member.name)', only Key and Value")
            }
            guard let key = element["Key"]?.string, let value = (element["Value"] ?? "").string else {
                throw .serialization("\(name): Key and Value of a tag must be strings")
            }
            guard tags.updateValue(value, forKey: key) == nil else {
                throw .invalidParameter("\(name) has the key '\(key)' twice; give it once")
            }
        }
        return tags
    }

    func version(_ name: String) throws(APIError) -> VersionID? {
        guard let text = try text(name) else { return nil }
        guard let version = VersionID(text) else { throw .invalidParameter("\(name): \(VersionID.rule)") }
        return version
    }

    func label(_ name: String) throws(APIError) -> StagingLabel? {
        guard let text = try text(name) else { return nil }
        return try Self.label(text, name)
    }

    func labels(_ name: String) throws(APIError) -> [StagingLabel] {
        try texts(name, atMost: 20)?.map { text throws(APIError) in try Self.label(text, name) } ?? []
    }

    private static func label(_ text: String, _ name: String) throws(APIError) -> StagingLabel {
        do {
            return try StagingLabel(text)
        } catch {
            throw .invalidParameter("\(name): \(error.message)")
        }
    }

    /// A moment: seconds since the epoch, as the AWS JSON protocol has it, or RFC 3339.
    func time(_ name: String) throws(APIError) -> Timestamp? {
        guard let value = members[name] else { return nil }
        let time: Timestamp? =
            switch value {
            case .number(let text):
                Double(text).flatMap { seconds in
                    seconds.magnitude < 1e12 ? Timestamp(milliseconds: Int64(seconds * 1000)) : nil
                }
            case .string(let text): Timestamp(text)
            case .null, .bool, .array, .object: nil
            }
        guard let time else {
            throw .serialization(
                "\(name) must be a time: seconds since 1970, or a string such as 2026-11-24T01:02:03Z")
        }
        return time
    }
}
