/// A record as it stands in the trail. Reading does not check it: that is what `AuditTrail.verify` is for.
public struct AuditRecord: Sendable, Equatable {
    /// The record's number: the first one of a trail is 1.
    public var sequence: UInt64
    /// The line of JSON, without its newline.
    public var line: String

    public init(sequence: UInt64, line: String) {
        self.sequence = sequence
        self.line = line
    }
}
