public import CofferCore
public import SecretMemory

/// What is wrong with a message, or with what is asked of it. It names members and never shows them.
public enum MessageError: Error, Equatable, Sendable {
    /// The message is no JSON object.
    case notAnObject
    /// A member is not of the type that its name stands for.
    case wrongType(member: String, expected: String)
    /// There is no guarded memory for a value.
    case memory(SecretMemoryError)

    /// What is wrong and what to do, for people.
    public var message: String {
        switch self {
        case .notAnObject:
            "the message is not a JSON object in UTF-8; send one such as {\"SecretId\": \"prod/db\"}"
        case .wrongType(let member, let expected): "\(member) must be \(expected)"
        case .memory(let error): error.description
        }
    }
}

/// Where in a message, which lies in guarded memory, its members stand: a value goes from there into guarded memory
/// of its own, and nowhere else.
public struct MessageLayout: Sendable {
    private let layout: JSONObjectLayout?

    /// Finds the members. An empty message stands for `{}`.
    public init(_ body: borrowing SecretBytes) throws(MessageError) {
        guard body.count > 0 else {
            layout = nil
            return
        }
        guard let layout = body.withBytes({ JSONObjectLayout(scanning: $0) }) else { throw .notAnObject }
        self.layout = layout
    }

    /// The members' names, in the order of the text.
    public var names: [String] { layout?.members.map(\.name) ?? [] }

    /// A member that is no secret; nil where there is none, or it is null.
    public func plain(_ name: String, in body: borrowing SecretBytes) throws(MessageError) -> JSONValue? {
        guard let member = layout?[name] else { return nil }
        let text = body.withBytes { bytes in member.valueRange.map { bytes[$0] } }
        do {
            let value = try JSONValue(parsing: text, duplicateNames: .refused)
            return value == .null ? nil : value
        } catch {
            throw .wrongType(member: name, expected: "an object without two members of one name")
        }
    }

    /// The text of a member that is a string, unescaped, in guarded memory; nil where there is no such member.
    public func secretText(
        _ name: String, in body: borrowing SecretBytes
    ) throws(MessageError) -> SecretBytes? {
        guard let member = layout?[name] else { return nil }
        guard member.kind == .string else { throw .wrongType(member: name, expected: "a string") }
        do {
            var text = try SecretBytes(zeroedCount: member.decodedCount)
            body.withBytes { body in
                text.withMutableBytes { output in
                    _ = JSONStringCodec.decode(body.extracting(member.valueRange), into: &output)
                }
            }
            return text
        } catch {
            throw .memory(error)
        }
    }

    /// The bytes that a member in base64 stands for, in guarded memory; nil where there is no such member.
    public func secretBinary(
        _ name: String, in body: borrowing SecretBytes
    ) throws(MessageError) -> SecretBytes? {
        guard let text = try secretText(name, in: body) else { return nil }
        do {
            var bytes = try SecretBytes(zeroedCount: text.count / 4 * 3)
            let count = text.withBytes { text in
                bytes.withMutableBytes { output in Base64.decode(text, into: &output) }
            }
            guard let count else {
                throw MessageError.wrongType(member: name, expected: "base64 (RFC 4648, padded)")
            }
            try bytes.resize(to: count)
            return bytes
        } catch let error as MessageError {
            throw error
        } catch let error as SecretMemoryError {
            throw .memory(error)
        } catch {
            throw .notAnObject
        }
    }
}
