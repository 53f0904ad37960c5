import SecretMemory

/// Seals and opens the metadata of one row. docs/store-format.md, "Sealed record".
///
/// Shape: format 1 ‖ 24-byte nonce ‖ ciphertext ‖ 16-byte tag.
enum SealedRecord {
    static let format: UInt8 = 1

    static func seal(
        _ plain: [UInt8], with key: borrowing SymmetricKey, binding: RecordBinding
    ) throws(SecretMemoryError) -> [UInt8] {
        var sealed: [UInt8] = []
        sealed.reserveCapacity(1 + plain.count + AEAD.overhead)
        sealed.append(format)
        let associatedData = binding.bytes(.record)
        try AEAD.seal(
            plain.span, with: key, associatedData: associatedData.span, appendingTo: &sealed)
        return sealed
    }

    static func open(
        _ sealed: Span<UInt8>, with key: borrowing SymmetricKey, binding: RecordBinding
    ) throws(KeyServiceError) -> [UInt8] {
        guard sealed.count > AEAD.overhead else { throw .malformed(what: "a sealed record") }
        guard sealed[0] == format else {
            guard sealed[0] > format else { throw .malformed(what: "a sealed record") }
            throw .newerFormat(what: "a sealed record", found: Int(sealed[0]), supported: Int(format))
        }
        let associatedData = binding.bytes(.record)
        var plain = [UInt8](repeating: 0, count: sealed.count - 1 - AEAD.overhead)
        do {
            var room = plain.mutableSpan
            _ = try AEAD.open(
                sealed.extracting(1..<sealed.count), with: key, associatedData: associatedData.span,
                into: &room)
        } catch { throw KeyServiceError(error, what: "a sealed record") }
        return plain
    }
}
