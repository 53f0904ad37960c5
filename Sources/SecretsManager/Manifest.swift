internal import CofferCore
internal import KeyService
internal import SecretStore

/// What holds the store's rows together: a sum over all of them, sealed in a row of its own and changed in every
/// transaction. A row that was removed, or put back from an older copy, doesn't fit the sum.
///
/// The sum is the exclusive or of each row's keyed hash; who has no key can't find rows that cancel out.
struct Manifest: Equatable {
    /// The one manifest's place in the store.
    static let id = RecordID(.manifest, 1)
    private static let format: UInt8 = 1

    /// The exclusive or of the tags of all sealed rows.
    var sum: RecordTag
    /// How many rows that is.
    var rowCount: UInt64
    /// The serial which the next secret gets.
    var nextSerial: UInt32
    /// The last record of the audit trail when this was written; 0 before the first.
    var auditSequence: UInt64
    /// That record's place in the chain.
    var auditMAC: [UInt8]

    static let empty = Manifest(
        sum: RecordTag.zero, rowCount: 0, nextSerial: 1, auditSequence: 0, auditMAC: [])

    var encoded: [UInt8] {
        var writer = BinaryWriter()
        writer.write(Self.format)
        writer.write(sum.bytes)
        writer.write(varint: rowCount)
        writer.write(varint: UInt64(nextSerial))
        writer.write(varint: auditSequence)
        writer.write(auditMAC)
        return writer.bytes
    }
}

extension Manifest {
    init(decoding bytes: [UInt8]) throws(BinaryFormatError) {
        var reader = BinaryReader(bytes)
        guard try reader.readByte() == Self.format else {
            throw BinaryFormatError(offset: 0, expected: "a manifest of format \(Self.format)")
        }
        guard let sum = RecordTag(bytes: try reader.readBlob()) else {
            throw BinaryFormatError(offset: 1, expected: "a sum of 32 bytes")
        }
        self.init(
            sum: sum, rowCount: try reader.readVarint(), nextSerial: try reader.readInteger(),
            auditSequence: try reader.readVarint(), auditMAC: try reader.readBlob())
    }
}
