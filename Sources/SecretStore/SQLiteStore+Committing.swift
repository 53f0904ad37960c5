import GRDB

extension SQLiteStore {
    public func commit(_ transaction: Transaction) throws(StoreError) {
        guard let writer else {
            try requireOpen()
            throw .readOnly
        }
        try perform(on: writer, "transaction") { connection in
            guard !transaction.isEmpty else { return }
            try Self.apply(transaction, on: connection)
            watchers.publish(transaction)
        }
    }

    /// Makes a transaction's changes on a connection, all or none.
    static func apply(_ transaction: Transaction, on connection: Database) throws(StoreError) {
        if connection.isInsideTransaction {
            try PreparedStatement("ROLLBACK", on: connection, subject: "transaction").run()
        }
        try PreparedStatement("BEGIN IMMEDIATE", on: connection, subject: "transaction").run()
        do throws(StoreError) {
            for put in transaction.puts { try apply(put, on: connection) }
            for delete in transaction.deletes { try apply(delete, on: connection) }
            try deleteValues(transaction, on: connection)
            for put in transaction.valuePuts { try apply(put, on: connection) }
            try PreparedStatement("COMMIT", on: connection, subject: "transaction").run()
        } catch {
            // After some errors SQLite has rolled back already.
            if connection.isInsideTransaction {
                try? PreparedStatement("ROLLBACK", on: connection, subject: "transaction").run()
            }
            throw error
        }
    }

    private static func apply(
        _ put: Transaction.RecordPut, on connection: Database
    ) throws(StoreError) {
        let statement: PreparedStatement
        if put.expectedRevision == 0 {
            statement = try PreparedStatement(
                "INSERT INTO record (id, revision, body) VALUES (?1, 1, ?2) ON CONFLICT DO NOTHING",
                on: connection, subject: "table record")
            try statement.bind(put.id.rowID, at: 1)
        } else {
            statement = try PreparedStatement(
                "UPDATE record SET revision = revision + 1, body = ?2 WHERE id = ?1 AND revision = ?3",
                on: connection, subject: "table record")
            try statement.bind(put.id.rowID, at: 1)
            try statement.bind(Int64(bitPattern: put.expectedRevision), at: 3)
        }
        try statement.run(with: put.body, at: 2)
        if statement.changedRows == 0 {
            throw try conflict(put.id, expected: put.expectedRevision, on: connection)
        }
    }

    private static func apply(
        _ delete: Transaction.RecordDelete, on connection: Database
    ) throws(StoreError) {
        let statement = try PreparedStatement(
            "DELETE FROM record WHERE id = ? AND revision = ?", on: connection, subject: "table record")
        try statement.bind(delete.id.rowID, at: 1)
        try statement.bind(Int64(bitPattern: delete.expectedRevision), at: 2)
        try statement.run()
        if statement.changedRows == 0 {
            throw try conflict(delete.id, expected: delete.expectedRevision, on: connection)
        }
    }

    private static func apply(_ put: Transaction.ValuePut, on connection: Database) throws(StoreError) {
        let statement = try PreparedStatement(
            "INSERT INTO value (id, body) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET body = excluded.body",
            on: connection, subject: "table value")
        try statement.bind(put.id.rowID, at: 1)
        try statement.run(with: put.body, at: 2)
    }

    private static func deleteValues(
        _ transaction: Transaction, on connection: Database
    ) throws(StoreError) {
        guard !(transaction.valueDeletes.isEmpty && transaction.valueDeletesOfSecrets.isEmpty) else { return }
        let statement = try PreparedStatement(
            "DELETE FROM value WHERE id BETWEEN ? AND ?", on: connection, subject: "table value")
        for secret in transaction.valueDeletesOfSecrets {
            try statement.bind(ValueID(secret: secret, version: 0).rowID, at: 1)
            try statement.bind(ValueID(secret: secret, version: .max).rowID, at: 2)
            try statement.run()
        }
        for id in transaction.valueDeletes {
            try statement.bind(id.rowID, at: 1)
            try statement.bind(id.rowID, at: 2)
            try statement.run()
        }
    }

    /// The error for a record that isn't at the expected revision.
    private static func conflict(
        _ id: RecordID, expected: UInt64, on connection: Database
    ) throws(StoreError) -> StoreError {
        let statement = try PreparedStatement(
            "SELECT revision FROM record WHERE id = ?", on: connection, subject: "table record")
        defer { statement.reset() }
        try statement.bind(id.rowID, at: 1)
        let found = try statement.step() ? UInt64(bitPattern: statement.number(at: 0)) : 0
        return .conflict(id, expected: expected, found: found)
    }
}
