import SecretMemory

/// What a store keeps so that it can be unlocked. docs/store-format.md, "Header".
///
/// Shape: magic 8 ‖ format 2 ‖ store 16 ‖ slot count 2 ‖ slots (id 4 ‖ kind 1 ‖ length 2 ‖ payload) ‖ keyed hash 32 ‖
/// checksum 16. The checksum tells damage from a wrong passphrase; the keyed hash, checked once the root key is
/// open, shows that nobody without it added, removed or changed a slot.
struct StoreHeader {
    static let format: UInt16 = 1
    private static let magic = Array("COFFERHD".utf8)
    private static let what = "the store's header"
    private static let hashByteCount = 32
    private static let checksumByteCount = 16

    let store: StoreID
    private(set) var slots: [UnlockSlot]
    /// Empty in a header that was not read.
    private var hash: [UInt8] = []

    init(store: StoreID, slots: [UnlockSlot]) {
        self.store = store
        self.slots = slots
    }

    init(parsing bytes: [UInt8]) throws(KeyServiceError) {
        let span = bytes.span
        guard bytes.count >= 10, bytes.starts(with: Self.magic) else { throw .malformed(what: Self.what) }
        let format = span.littleEndian16(at: 8)
        // A newer format may end otherwise, so this comes before the checksum.
        guard format <= Self.format else {
            throw .newerFormat(what: Self.what, found: Int(format), supported: Int(Self.format))
        }
        let end = bytes.count - Self.hashByteCount - Self.checksumByteCount
        guard format == Self.format, end >= 28,
            Hash.hash(span.extracting(0..<end + Self.hashByteCount), byteCount: Self.checksumByteCount)
                == Array(bytes[(end + Self.hashByteCount)...])
        else { throw .malformed(what: Self.what) }
        store = StoreID(Words128(span, at: 10))
        hash = Array(bytes[end..<end + Self.hashByteCount])
        slots = []
        var offset = 28
        for _ in 0..<span.littleEndian16(at: 26) {
            guard offset + 7 <= end else { throw .malformed(what: Self.what) }
            let length = Int(span.littleEndian16(at: offset + 5))
            guard offset + 7 + length <= end else { throw .malformed(what: Self.what) }
            slots.append(
                UnlockSlot(
                    id: span.littleEndian32(at: offset), kind: .init(rawValue: span[offset + 4]),
                    payload: Array(bytes[offset + 7..<offset + 7 + length])))
            offset += 7 + length
        }
        guard offset == end else { throw .malformed(what: Self.what) }
    }

    /// An id that no slot has.
    var nextSlotID: UInt32 { (slots.map(\.id).max() ?? 0) &+ 1 }

    mutating func add(_ slot: UnlockSlot) { slots.append(slot) }

    /// The header as the store keeps it.
    func encoded(with key: borrowing SymmetricKey) -> [UInt8] {
        var bytes = content
        bytes.append(contentsOf: keyedHash(key))
        bytes.append(contentsOf: Hash.hash(bytes, byteCount: Self.checksumByteCount))
        return bytes
    }

    /// Throws `authenticationFailed` unless this header was written by who has the root key.
    func verify(with key: borrowing SymmetricKey) throws(KeyServiceError) {
        guard KeyedHash.isEqual(keyedHash(key).span, hash.span) else { throw .authenticationFailed }
    }

    private var content: [UInt8] {
        var bytes = Self.magic
        bytes.append(littleEndian: Self.format)
        bytes.append(store.words)
        bytes.append(littleEndian: UInt16(slots.count))
        for slot in slots {
            bytes.append(littleEndian: slot.id)
            bytes.append(slot.kind.rawValue)
            bytes.append(littleEndian: UInt16(slot.payload.count))
            bytes.append(contentsOf: slot.payload)
        }
        return bytes
    }

    private func keyedHash(_ key: borrowing SymmetricKey) -> [UInt8] {
        KeyedHash.hash([Domain.header.rawValue] + content, key: key, byteCount: Self.hashByteCount)
    }
}
