import SecretMemory

/// The id of one store: 16 random bytes, bound into everything that is sealed for it.
public struct StoreID: Hashable, Sendable, CustomStringConvertible {
    let words: Words128

    /// Reads exactly 16 bytes; nil for any other number.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        words = Words128(bytes.span, at: 0)
    }

    init(_ words: Words128) { self.words = words }

    /// Makes the id of a new store.
    static func random() -> StoreID { StoreID(Words128(Random.bytes(16).span, at: 0)) }

    /// The 16 bytes.
    public var bytes: [UInt8] { words.bytes }

    /// The id as a UUID, in lower case. It is no secret.
    public var description: String { words.text }
}
