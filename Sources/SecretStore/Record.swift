/// What a record holds. The raw value is part of the format on disk: never renumber.
public enum RecordKind: UInt8, Sendable, Hashable, CaseIterable {
    /// The store's header: format, unlock slots.
    case header = 1
    /// A key with its backing key versions, sealed.
    case key = 2
    /// A secret's metadata, sealed.
    case secret = 3
    /// A document of the whole store, such as its policy or settings, sealed.
    case document = 4
    /// What the store must contain, so that a row taken away or put back is found out.
    case manifest = 5
}

/// Names a record: its kind, and its number within that kind.
public struct RecordID: Sendable, Hashable {
    /// The largest number a record can have: 2^56 − 1, because kind and number share one 64-bit key on disk.
    public static let largestNumber: UInt64 = 1 << 56 - 1

    /// What the record holds.
    public let kind: RecordKind
    /// The number within the kind, 0…``largestNumber``.
    public let number: UInt64

    /// Names record `number` of `kind`. Traps on a number over ``largestNumber``.
    public init(_ kind: RecordKind, _ number: UInt64) {
        precondition(number <= Self.largestNumber, "a record's number is at most 2^56 − 1")
        self.kind = kind
        self.number = number
    }
}

/// A record as the store keeps it: ciphertext with a revision to compare and swap on.
public struct Record: Sendable, Hashable {
    /// Its name.
    public let id: RecordID
    /// 1 when first put, one more for each put since.
    public let revision: UInt64
    /// The sealed bytes.
    public let body: [UInt8]

    /// A record of the given parts.
    public init(id: RecordID, revision: UInt64, body: [UInt8]) {
        self.id = id
        self.revision = revision
        self.body = body
    }
}

/// Names a sealed value: the secret's serial and the version's sequence within it.
public struct ValueID: Sendable, Hashable {
    /// The secret's serial.
    public let secret: UInt32
    /// The version's sequence within the secret.
    public let version: UInt32

    /// Names the value of version `version` of secret `secret`.
    public init(secret: UInt32, version: UInt32) {
        self.secret = secret
        self.version = version
    }
}
