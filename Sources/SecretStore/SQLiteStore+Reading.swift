import GRDB

extension SQLiteStore {
    public func records(of kind: RecordKind, _ body: (Record) throws -> Void) throws {
        let queue = try openScanner()
        // What `body` throws is its own, and goes through as it is.
        try queue.unsafeRead { connection in
            let statement = try PreparedStatement(
                "SELECT id, revision, body FROM record WHERE id BETWEEN ? AND ? ORDER BY id", on: connection,
                subject: "table record")
            defer { statement.reset() }
            try statement.bind(RecordID(kind, 0).rowID, at: 1)
            try statement.bind(RecordID(kind, RecordID.largestNumber).rowID, at: 2)
            while try statement.step() {
                try requireOpen()
                let number = UInt64(truncatingIfNeeded: statement.number(at: 0)) & RecordID.largestNumber
                try body(
                    Record(
                        id: RecordID(kind, number),
                        revision: UInt64(bitPattern: statement.number(at: 1)), body: statement.bytes(at: 2)))
            }
        }
    }

    public func record(_ id: RecordID) throws(StoreError) -> Record? {
        try perform(on: reader, "table record") { connection in
            let statement = try PreparedStatement(
                "SELECT revision, body FROM record WHERE id = ?", on: connection, subject: "table record")
            defer { statement.reset() }
            try statement.bind(id.rowID, at: 1)
            guard try statement.step() else { return nil }
            return Record(
                id: id, revision: UInt64(bitPattern: statement.number(at: 0)),
                body: try statement.bytes(at: 1))
        }
    }

    public func value(_ id: ValueID) throws(StoreError) -> [UInt8]? {
        try perform(on: reader, "table value") { connection in
            let statement = try PreparedStatement(
                "SELECT body FROM value WHERE id = ?", on: connection, subject: "table value")
            defer { statement.reset() }
            try statement.bind(id.rowID, at: 1)
            return try statement.step() ? statement.bytes(at: 0) : nil
        }
    }

    public func integrityCheck() throws(StoreError) -> [String] {
        try perform(on: openScanner(), "pages") { connection in
            try Self.problems(connection, "PRAGMA integrity_check")
        }
    }
}

extension RecordID {
    /// The key of its row.
    var rowID: Int64 { Int64(bitPattern: UInt64(kind.rawValue) << 56 | number) }
}

extension ValueID {
    /// The key of its row.
    var rowID: Int64 { Int64(bitPattern: UInt64(secret) << 32 | UInt64(version)) }
}
