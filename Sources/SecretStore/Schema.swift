import GRDB

/// The tables, as the steps that lead to them: step n makes a store of version n out of one of version n − 1.
///
/// A step that has been released is never changed: stores in the world have gone through it.
struct Schema: Sendable {
    /// PRAGMA application_id of every store: "CFFR".
    static let applicationID: Int64 = 0x43_46_46_52

    /// The tables of this program.
    ///
    /// - record: id = kind · 2^56 + number, so that a kind is one range in order, found in one descent of one tree.
    /// - value: id = secret · 2^32 + version, as the bits of a signed number.
    static let current = Schema(steps: [
        """
        CREATE TABLE record (id INTEGER PRIMARY KEY, revision INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
        CREATE TABLE value (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
        """
    ])

    /// The statements of each step.
    let steps: [String]

    /// The version of a store that has gone through all steps. PRAGMA user_version.
    var version: Int { steps.count }

    /// Takes a connection's database to this version, forward only, in one transaction: all steps or none.
    ///
    /// - Throws: ``StoreError/newerFormat(found:supported:)`` when it is past this version.
    func migrate(_ connection: Database) throws {
        guard try Self.version(of: connection) != version else { return }
        try connection.inTransaction(.immediate) {
            let found = try Self.version(of: connection)
            guard found <= version else { throw StoreError.newerFormat(found: found, supported: version) }
            for step in steps.dropFirst(found) {
                try connection.execute(sql: step)
            }
            try connection.execute(sql: "PRAGMA user_version = \(version)")
            return .commit
        }
    }

    /// Checks that a database is of this version, and its tables exactly those of it. An edited definition could make SQLite run a stranger's
    /// triggers, or read a table through a false index.
    func requireTables(in connection: Database) throws {
        let found = try Self.version(of: connection)
        guard found == version else { throw StoreError.olderFormat(found: found, supported: version) }
        let expected = try DatabaseQueue(path: ":memory:").writeWithoutTransaction { model in
            try migrate(model)
            return try Self.definitions(in: model)
        }
        guard try Self.definitions(in: connection) == expected else {
            throw StoreError.damaged(what: "the definitions of the tables are not those of format \(version)")
        }
    }

    /// The version of a connection's database.
    static func version(of connection: Database) throws -> Int {
        try number("PRAGMA user_version", on: connection)
    }

    /// Whether a connection's database is marked as a store of Coffer's.
    static func isMarked(_ connection: Database) throws -> Bool {
        try number("PRAGMA application_id", on: connection) == applicationID
    }

    private static func number(_ pragma: String, on connection: Database) throws -> Int {
        let statement = try PreparedStatement(pragma, on: connection, subject: "header of coffer.db")
        defer { statement.reset() }
        return try statement.step() ? Int(statement.number(at: 0)) : 0
    }

    private static func definitions(in connection: Database) throws -> [[UInt8]] {
        let statement = try PreparedStatement(
            "SELECT CAST(type || ' ' || name || ' ' || coalesce(sql, '') AS BLOB) FROM sqlite_schema ORDER BY name",
            on: connection, subject: "table definitions")
        defer { statement.reset() }
        var definitions: [[UInt8]] = []
        while try statement.step() { definitions.append(try statement.bytes(at: 0)) }
        return definitions
    }
}
