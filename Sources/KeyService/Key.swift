import CofferCore
import SecretMemory

/// A key that is unlocked. It never changes: another state is another `Key` in the service's table.
final class Key: Sendable {
    let id: KeyID
    /// The number of its row in the store.
    let row: UInt64
    let details: KeyDetails
    /// In order of number; the last one seals, all open.
    let backingKeys: [BackingKey]

    init(id: KeyID, row: UInt64, details: KeyDetails, backingKeys: [BackingKey]) {
        self.id = id
        self.row = row
        self.details = details
        self.backingKeys = backingKeys
    }

    /// The one that seals; a record without any is refused when it is read.
    var newest: BackingKey { backingKeys[backingKeys.count - 1] }

    /// The backing key of this number. They are few, and nearly always it is the newest.
    func backingKey(_ number: UInt32) -> BackingKey? {
        backingKeys.last { $0.number == number }
    }

    /// Throws unless the key may be used.
    func requireEnabled() throws(KeyServiceError) {
        switch details.state {
        case .enabled: return
        case .disabled: throw .keyDisabled(id)
        case .pendingDeletion: throw .keyPendingDeletion(id)
        }
    }
}

/// One version of a key's material.
final class BackingKey: Sendable {
    /// 1 for the first; each rotation adds one.
    let number: UInt32
    let key: SymmetricKey

    init(number: UInt32, key: consuming SymmetricKey) {
        self.number = number
        self.key = key
    }
}

/// What a key's record holds beside its material.
struct KeyDetails: Sendable {
    var state: KeyState
    var created: Timestamp
    /// `alias/…`
    var aliases: [String]
    /// When each backing key was made, in order of number.
    var backingKeysCreated: [Timestamp]

    var encoded: [UInt8] {
        var writer = BinaryWriter()
        switch state {
        case .enabled: writer.write(0 as UInt8)
        case .disabled: writer.write(1 as UInt8)
        case .pendingDeletion(let date):
            writer.write(2 as UInt8)
            writer.write(date)
        }
        writer.write(created)
        writer.write(each: aliases) { $0.write($1) }
        writer.write(each: backingKeysCreated) { $0.write($1) }
        return writer.bytes
    }

    init(state: KeyState, created: Timestamp, aliases: [String], backingKeysCreated: [Timestamp]) {
        self.state = state
        self.created = created
        self.aliases = aliases
        self.backingKeysCreated = backingKeysCreated
    }

    init(decoding bytes: [UInt8]) throws(BinaryFormatError) {
        var reader = BinaryReader(bytes)
        switch try reader.readByte() {
        case 0: state = .enabled
        case 1: state = .disabled
        case 2: state = .pendingDeletion(deletionDate: try reader.readTimestamp())
        default: throw BinaryFormatError(offset: 0, expected: "a key state")
        }
        created = try reader.readTimestamp()
        aliases = try reader.readArray { (reader) throws(BinaryFormatError) in try reader.readText() }
        backingKeysCreated = try reader.readArray { (reader) throws(BinaryFormatError) in
            try reader.readTimestamp()
        }
        guard reader.isAtEnd else { throw BinaryFormatError(offset: bytes.count, expected: "the end") }
    }
}
