/// The store's 16 bytes by which its trail is told from another's.
struct TrailID: Sendable {
    let bytes: [UInt8]
    /// The first 48 and the next 12 bits, as they stand in each eventID.
    private let prefix: [UInt8]

    /// Takes exactly 16 bytes.
    init(_ bytes: [UInt8]) {
        precondition(bytes.count == 16, "a trail's id has 16 bytes")
        self.bytes = bytes
        var text = LineBuffer(capacity: 32)
        for (index, byte) in bytes.prefix(7).enumerated() {
            if index == 4 { text.append(UInt8(ascii: "-")) }
            text.appendHex(UInt64(byte), digits: 2)
        }
        // "xxxxxxxx-xxxxxx" so far, of which the last two digits belong behind the version digit.
        let last = bytes[6]
        text.removeLast(2)
        text.append("-8")
        text.appendHex(UInt64(last) << 4 | UInt64(bytes[7] >> 4), digits: 3)
        text.append("-")
        prefix = text.bytes
    }

    /// Appends a record's eventID, a UUID of version 8: 60 bits of the trail's id, then the sequence in 62 bits.
    /// Source: RFC 9562, section 5.8.
    func appendEventID(of sequence: UInt64, to bytes: inout LineBuffer) {
        bytes.append(prefix.span)
        let tail = 1 << 63 | (sequence & (1 << 62 - 1))
        bytes.appendHex(tail >> 48, digits: 4)
        bytes.append(UInt8(ascii: "-"))
        bytes.appendHex(tail, digits: 12)
    }

    /// Whether `bytes` has an eventID of this trail at `offset`.
    func owns(_ bytes: Span<UInt8>, eventIDAt offset: Int) -> Bool {
        guard offset >= 0, offset + prefix.count <= bytes.count else { return false }
        for index in prefix.indices where bytes[offset + index] != prefix[index] { return false }
        return true
    }
}
