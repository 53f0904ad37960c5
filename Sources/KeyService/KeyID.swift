import SecretMemory

/// The id of a key: 16 random bytes, written as a UUID. AWS operation: CreateKey (KeyId).
public struct KeyID: Hashable, Sendable, CustomStringConvertible {
    /// The alias that names the key `EmbeddedKeyService.create` makes.
    public static let defaultAlias = "alias/coffer/default"

    let words: Words128

    /// Reads `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` in hexadecimal digits; nil for anything else.
    public init?(_ text: String) {
        guard let words = Words128(text) else { return nil }
        self.words = words
    }

    /// Reads exactly 16 bytes; nil for any other number.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        words = Words128(bytes.span, at: 0)
    }

    /// Takes 16 bytes.
    public init(_ bytes: InlineArray<16, UInt8>) { words = Words128(bytes.span, at: 0) }

    init(_ words: Words128) { self.words = words }

    /// Makes a new id, a version-4 UUID. Source: RFC 9562, section 5.4.
    static func random() -> KeyID {
        var bytes = Random.bytes(16)
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        return KeyID(Words128(bytes.span, at: 0))
    }

    /// The 16 bytes.
    public var bytes: [UInt8] { words.bytes }

    /// The id as a UUID, in lower case.
    public var text: String { words.text }

    public var description: String { text }
}
