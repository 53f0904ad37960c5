/// Where a sealed value belongs: the store's id, key and backing key are bound by the service itself.
public struct ValueContext: Hashable, Sendable {
    /// The secret's number, never reused within a store.
    public var secret: UInt32
    /// The version's number within its secret, never reused.
    public var version: UInt32

    public init(secret: UInt32, version: UInt32) {
        self.secret = secret
        self.version = version
    }
}

/// Where a sealed record belongs: its row, and which writing of that row it is.
public struct RecordContext: Hashable, Sendable {
    /// The kind of the record, as the store numbers them.
    public var kind: UInt8
    /// The number of the record within its kind.
    public var number: UInt64
    /// The revision that the row will have, 1 and up: an older body in the same row does not open.
    public var revision: UInt64

    public init(kind: UInt8, number: UInt64, revision: UInt64) {
        self.kind = kind
        self.number = number
        self.revision = revision
    }
}
