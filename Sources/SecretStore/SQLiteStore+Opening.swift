import GRDB

extension SQLiteStore {
    static func create(
        at path: String, holding contents: Transaction, fileHash: FileHash?, schema: Schema
    ) throws(StoreError) -> SQLiteStore {
        let directory = StoreDirectory(path)
        let isNew = try directory.prepare()
        do {
            let lock = try StoreLock(path: directory.lock)
            // Another process may have been faster.
            _ = try directory.prepare()
            do {
                try build(directory, holding: contents, schema: schema)
            } catch {
                directory.removeUnfinished()
                if isNew { directory.remove() }
                throw error
            }
            return try SQLiteStore(
                directory, lock: lock, readOnly: false, fileHash: fileHash, schema: schema)
        } catch {
            throw StoreError(error, subject: directory.database)
        }
    }

    /// Writes a whole store under a name of its own, then gives it the right one.
    private static func build(
        _ directory: StoreDirectory, holding contents: Transaction, schema: Schema
    ) throws {
        try directory.startUnfinished()
        let queue = try DatabaseQueue(
            path: directory.unfinished, configuration: Connection.configuration(.writing))
        try queue.writeWithoutTransaction { connection in
            try connection.execute(sql: "PRAGMA application_id = \(Schema.applicationID)")
            try schema.migrate(connection)
            try apply(contents, on: connection)
            try connection.execute(sql: "PRAGMA journal_mode = WAL")
        }
        try queue.close()
        try directory.finish()
    }

    /// Checks that a database is a store, of no newer version.
    static func requireMark(_ connection: Database, directory: StoreDirectory, schema: Schema) throws {
        guard try Schema.isMarked(connection) else {
            throw StoreError.notAStore(
                path: directory.path, reason: "its coffer.db is another program's database; check the path")
        }
        let found = try Schema.version(of: connection)
        guard found <= schema.version else {
            throw StoreError.newerFormat(found: found, supported: schema.version)
        }
    }

    /// Brings a store up to date.
    static func prepare(_ connection: Database, schema: Schema) throws {
        // A file copied by `sqlite3 .backup` or VACUUM INTO isn't in this mode any more.
        let mode = try String.fetchOne(connection, sql: "PRAGMA journal_mode = WAL")
        guard mode == "wal" else {
            throw StoreError.io(
                "the file system can't hold a write-ahead log: keep the store on a local disk")
        }
        try schema.migrate(connection)
    }

    /// Checks the structure of every page.
    ///
    /// SQLite: `PRAGMA quick_check`
    static func requireSoundPages(_ connection: Database) throws {
        if let problem = try problems(connection, "PRAGMA quick_check(1)").first {
            throw StoreError.damaged(what: problem)
        }
    }

    /// What a checking pragma has to say, but for "ok".
    static func problems(_ connection: Database, _ pragma: String) throws -> [String] {
        try String.fetchAll(connection, sql: pragma).filter { $0 != "ok" }
    }
}
