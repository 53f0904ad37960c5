/// What one commit changed.
public struct StoreChange: Sendable, Hashable {
    /// The records put, with their new revisions.
    public let puts: [RecordID: UInt64]
    /// The records deleted.
    public let deletes: [RecordID]
    /// The values put.
    public let valuePuts: [ValueID]
    /// The values deleted.
    public let valueDeletes: [ValueID]
    /// The secrets, by serial, of which all values were deleted.
    public let valueDeletesOfSecrets: [UInt32]

    /// The change a transaction makes when it is committed.
    public init(_ transaction: Transaction) {
        puts = Dictionary(
            transaction.puts.map { ($0.id, $0.expectedRevision + 1) }, uniquingKeysWith: { _, last in last })
        deletes = transaction.deletes.map(\.id)
        valuePuts = transaction.valuePuts.map(\.id)
        valueDeletes = transaction.valueDeletes
        valueDeletesOfSecrets = transaction.valueDeletesOfSecrets
    }
}
