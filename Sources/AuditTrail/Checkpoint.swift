/// A record by which the trail can be held to what it once was: its sequence, and its place in the chain.
///
/// Sealed into the store, the newest one shows a tail that was cut off, even together with the head file.
public struct Checkpoint: Sendable, Equatable {
    /// The record's number; 0 stands for the empty trail.
    public var sequence: UInt64
    /// The record's chain value: 16 bytes.
    public var mac: [UInt8]

    public init(sequence: UInt64, mac: [UInt8]) {
        self.sequence = sequence
        self.mac = mac
    }
}

/// A record's number and its place in the chain, as the trail works with them.
struct Link: Equatable, Sendable {
    var sequence: UInt64
    var value: ChainValue

    var checkpoint: Checkpoint { Checkpoint(sequence: sequence, mac: value.bytes) }
}

extension Link {
    /// What a checkpoint says; nil if its `mac` hasn't 16 bytes.
    init?(_ checkpoint: Checkpoint) {
        guard checkpoint.mac.count == ChainValue.byteCount else { return nil }
        self.init(sequence: checkpoint.sequence, value: ChainValue(checkpoint.mac.span))
    }
}
