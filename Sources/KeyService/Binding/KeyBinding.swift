/// The associated data of a key record's parts.
///
/// A backing key knows its key and its number, so that an old one can't stand in for the newest:
/// domain 1 ‖ format 1 ‖ store 16 ‖ key 16 ‖ backing key 4.
/// The details carry the record's row number and the whole record before them, so that a backing key can't be
/// taken out, and one key's state can't be given to another:
/// domain 1 ‖ format 1 ‖ store 16 ‖ row number 8 ‖ every byte of the record before the details.
struct KeyBinding {
    var store: Words128

    func backingKey(_ number: UInt32, of key: KeyID) -> InlineArray<38, UInt8> {
        var bytes = StackBytes<38>(.backingKey)
        bytes.write(KeyRecord.format)
        bytes.write(store)
        bytes.write(key.words)
        bytes.write(number)
        return bytes.finish()
    }

    func details(row: UInt64, before: Span<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = [Domain.keyDetails.rawValue, KeyRecord.format]
        bytes.append(store)
        bytes.append(littleEndian: row)
        bytes.append(before)
        return bytes
    }
}
