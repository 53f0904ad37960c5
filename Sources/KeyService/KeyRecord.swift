import CofferCore
import SecretMemory

/// Writes and reads the row of a key. docs/store-format.md, "Key record".
///
/// Shape: format 1 ‖ key 16 ‖ count 2 ‖ count × (number 4 ‖ wrapped backing key 72) ‖ sealed details (24-byte nonce ‖
/// ciphertext ‖ 16-byte tag).
enum KeyRecord {
    static let format: UInt8 = 1
    private static let wrappedByteCount = SymmetricKey.byteCount + AEAD.overhead
    private static let entryByteCount = 4 + wrappedByteCount
    private static let clearByteCount = 19
    private static let what = "a key's record"

    static func write(
        _ key: Key, with wrapping: borrowing SymmetricKey, store: StoreID
    ) throws(SecretMemoryError) -> [UInt8] {
        let binding = KeyBinding(store: store.words)
        var body: [UInt8] = [format]
        body.append(key.id.words)
        body.append(littleEndian: UInt16(key.backingKeys.count))
        for backing in key.backingKeys {
            body.append(littleEndian: backing.number)
            let associatedData = binding.backingKey(backing.number, of: key.id)
            try backing.key.withBytes { (bytes) throws(SecretMemoryError) in
                try AEAD.seal(
                    bytes, with: wrapping, associatedData: associatedData.span, appendingTo: &body)
            }
        }
        let associatedData = binding.details(row: key.row, before: body.span)
        try AEAD.seal(
            key.details.encoded.span, with: wrapping, associatedData: associatedData.span, appendingTo: &body)
        return body
    }

    static func read(
        _ body: [UInt8], row: UInt64, with wrapping: borrowing SymmetricKey, store: StoreID
    ) throws(KeyServiceError) -> Key {
        let bytes = body.span
        guard let first = body.first, first >= format else { throw .malformed(what: what) }
        guard first == format else {
            throw .newerFormat(what: what, found: Int(first), supported: Int(format))
        }
        guard body.count >= clearByteCount else { throw .malformed(what: what) }
        let id = KeyID(Words128(bytes, at: 1))
        let count = Int(bytes.littleEndian16(at: 17))
        let detailsStart = clearByteCount + count * entryByteCount
        guard count > 0, body.count >= detailsStart + AEAD.overhead else { throw .malformed(what: what) }

        let binding = KeyBinding(store: store.words)
        let details = try readDetails(
            bytes, from: detailsStart, with: wrapping,
            associatedData: binding.details(row: row, before: bytes.extracting(0..<detailsStart)))
        guard details.backingKeysCreated.count == count else { throw .malformed(what: what) }

        var backingKeys: [BackingKey] = []
        for index in 0..<count {
            let start = clearByteCount + index * entryByteCount
            let number = bytes.littleEndian32(at: start)
            guard number > backingKeys.last?.number ?? 0 else { throw .malformed(what: what) }
            let associatedData = binding.backingKey(number, of: id)
            let wrapped = bytes.extracting(start + 4..<start + entryByteCount)
            do {
                let key = try AEAD.openKey(wrapped, with: wrapping, associatedData: associatedData.span)
                backingKeys.append(BackingKey(number: number, key: key))
            } catch { throw KeyServiceError(error, what: what) }
        }
        return Key(id: id, row: row, details: details, backingKeys: backingKeys)
    }

    private static func readDetails(
        _ body: Span<UInt8>, from start: Int, with wrapping: borrowing SymmetricKey, associatedData: [UInt8]
    ) throws(KeyServiceError) -> KeyDetails {
        var plain = [UInt8](repeating: 0, count: body.count - start - AEAD.overhead)
        do {
            var room = plain.mutableSpan
            _ = try AEAD.open(
                body.extracting(start..<body.count), with: wrapping, associatedData: associatedData.span,
                into: &room)
        } catch { throw KeyServiceError(error, what: what) }
        do { return try KeyDetails(decoding: plain) } catch { throw .malformed(what: what) }
    }
}
