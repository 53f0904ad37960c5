/// A member of a JSON object.
public struct JSONMember: Equatable, Sendable {
    /// The name, unescaped.
    public var name: String
    /// The value.
    public var value: JSONValue

    public init(_ name: String, _ value: JSONValue) {
        self.name = name
        self.value = value
    }
}

/// A JSON value that is no secret: policies, metadata, requests and replies without values.
///
/// Objects keep the order of their members, and numbers the way they were written. Source: RFC 8259.
public enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    /// A number as it was written.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([JSONMember])

    /// What to do with an object in which a name occurs twice.
    public enum DuplicateNames: Sendable {
        /// It is an error.
        case refused
        /// All are kept, and the subscript finds the last.
        case lastCounts
    }

    /// Reads a whole JSON text; throws where it isn't one (RFC 8259, at most 64 levels deep).
    public init(parsing text: String, duplicateNames: DuplicateNames = .refused) throws(JSONError) {
        try self.init(parsing: Array(text.utf8), duplicateNames: duplicateNames)
    }

    /// Reads a whole JSON text in UTF-8.
    public init(parsing bytes: [UInt8], duplicateNames: DuplicateNames = .refused) throws(JSONError) {
        self.init(try JSONNode(parsing: bytes, duplicateNames: duplicateNames))
    }

    /// The value of an object's member, compared byte by byte; nil where this is no object or has no such member.
    public subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }

    /// The text of a string; nil for anything else.
    public var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// The value of a whole number without fraction or exponent that fits 64 bits; nil for anything else.
    public var int: Int64? {
        guard case .number(let text) = self else { return nil }
        return Int64(text)
    }

    /// The value of a boolean; nil for anything else.
    public var bool: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    /// The elements of an array; nil for anything else.
    public var array: [JSONValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// The members of an object; nil for anything else.
    public var object: [JSONMember]? {
        guard case .object(let members) = self else { return nil }
        return members
    }

    /// A whole number.
    public static func int(_ value: some BinaryInteger) -> JSONValue { .number(String(value)) }

    /// The value as an object's member unless it is nil: `[JSONMember]` literals with optional parts.
    public static func members(_ pairs: (String, JSONValue?)...) -> JSONValue {
        .object(pairs.compactMap { name, value in value.map { JSONMember(name, $0) } })
    }
}

// Not by a nil literal: where an optional value is meant, `isAbsent ? nil : value` would become JSON's null.
extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int64) { self = .int(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { JSONMember($0, $1) })
    }
}
