/// A keyed hash of 32 bytes of one row. The XOR over all rows, kept sealed, shows that a row was changed, removed or put
/// back: who lacks the key can't tell any row's tag, so can't find rows that cancel out.
public struct RecordTag: Hashable, Sendable {
    private var lanes: (UInt64, UInt64, UInt64, UInt64)

    /// The tag of no rows at all.
    public static let zero = RecordTag(lanes: (0, 0, 0, 0))

    private init(lanes: (UInt64, UInt64, UInt64, UInt64)) { self.lanes = lanes }

    init(_ bytes: Span<UInt8>) {
        lanes = (
            bytes.littleEndian64(at: 0), bytes.littleEndian64(at: 8), bytes.littleEndian64(at: 16),
            bytes.littleEndian64(at: 24)
        )
    }

    /// Reads exactly 32 bytes; nil for any other number.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.init(bytes.span)
    }

    /// The 32 bytes.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        for lane in [lanes.0, lanes.1, lanes.2, lanes.3] { bytes.append(littleEndian: lane) }
        return bytes
    }

    /// Adds a row to a sum, or takes it out again.
    public static func ^ (left: RecordTag, right: RecordTag) -> RecordTag {
        RecordTag(
            lanes: (
                left.lanes.0 ^ right.lanes.0, left.lanes.1 ^ right.lanes.1, left.lanes.2 ^ right.lanes.2,
                left.lanes.3 ^ right.lanes.3
            ))
    }

    /// Adds a row to this sum, or takes it out again.
    public static func ^= (left: inout RecordTag, right: RecordTag) { left = left ^ right }

    public static func == (left: RecordTag, right: RecordTag) -> Bool { left.lanes == right.lanes }

    public func hash(into hasher: inout Hasher) { hasher.combine(lanes.0) }
}
