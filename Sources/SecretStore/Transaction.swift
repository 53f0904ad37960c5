/// Changes that happen together or not at all.
///
/// They are applied in this order: record puts, record deletes, value deletes of whole secrets, value deletes, value
/// puts; so one transaction can replace all values of a secret.
public struct Transaction: Sendable, Hashable {
    /// A record to write.
    public struct RecordPut: Sendable, Hashable {
        /// Which record.
        public let id: RecordID
        /// The revision it must have now; 0: it must not exist. It gets this plus one.
        public let expectedRevision: UInt64
        /// The sealed bytes.
        public let body: [UInt8]
    }

    /// A record to delete.
    public struct RecordDelete: Sendable, Hashable {
        /// Which record.
        public let id: RecordID
        /// The revision it must have now, 1 or more.
        public let expectedRevision: UInt64
    }

    /// A sealed value to write, over one of the same name if there is one.
    public struct ValuePut: Sendable, Hashable {
        /// Which value.
        public let id: ValueID
        /// The sealed bytes.
        public let body: [UInt8]
    }

    /// Records to write, in order.
    public private(set) var puts: [RecordPut] = []
    /// Records to delete.
    public private(set) var deletes: [RecordDelete] = []
    /// Values to write.
    public private(set) var valuePuts: [ValuePut] = []
    /// Values to delete; one that does not exist is no error.
    public private(set) var valueDeletes: [ValueID] = []
    /// Secrets, by serial, of which every value is deleted.
    public private(set) var valueDeletesOfSecrets: [UInt32] = []

    /// A transaction without changes.
    public init() {}

    /// Whether it changes nothing.
    public var isEmpty: Bool {
        puts.isEmpty && deletes.isEmpty && valuePuts.isEmpty && valueDeletes.isEmpty
            && valueDeletesOfSecrets.isEmpty
    }

    /// Writes a record if its revision is still `expectedRevision` (0: if it doesn't exist).
    public mutating func put(_ id: RecordID, expecting expectedRevision: UInt64, body: [UInt8]) {
        puts.append(RecordPut(id: id, expectedRevision: expectedRevision, body: body))
    }

    /// Deletes a record if its revision is still `expectedRevision`.
    public mutating func delete(_ id: RecordID, expecting expectedRevision: UInt64) {
        deletes.append(RecordDelete(id: id, expectedRevision: expectedRevision))
    }

    /// Writes a sealed value, over one of the same name if there is one.
    public mutating func putValue(_ id: ValueID, body: [UInt8]) {
        valuePuts.append(ValuePut(id: id, body: body))
    }

    /// Deletes a sealed value; one that does not exist is no error.
    public mutating func deleteValue(_ id: ValueID) {
        valueDeletes.append(id)
    }

    /// Deletes every value of a secret.
    public mutating func deleteValues(ofSecret secret: UInt32) {
        valueDeletesOfSecrets.append(secret)
    }
}
