import Foundation
import GRDB
import Testing

@testable import SecretStore

@Suite struct OpeningTests {
    let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private var database: String { directory.store + "/coffer.db" }

    private func makeDirectory() throws {
        try FileManager.default.createDirectory(atPath: directory.store, withIntermediateDirectories: false)
    }

    /// Runs SQL on a closed store's file.
    private func edit(_ sql: String) throws {
        let queue = try DatabaseQueue(path: database)
        try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
        try queue.close()
    }

    private func reason(_ error: StoreError?) -> String? {
        guard case .notAStore(_, let reason)? = error else { return nil }
        return reason
    }

    @Test("A path with nothing at it is missing")
    func missing() {
        #expect(throws: StoreError.missing(path: directory.store)) {
            try SQLiteStore(opening: directory.store)
        }
    }

    @Test(
        "A file, an empty directory, an empty, a text and a stranger's database are no stores",
        arguments: [false, true])
    func notAStore(readOnly: Bool) throws {
        func attempt() -> StoreError? {
            #expect(throws: StoreError.self) { try SQLiteStore(opening: directory.store, readOnly: readOnly) }
        }
        try Data().write(to: URL(fileURLWithPath: directory.store))
        #expect(reason(attempt())?.contains("is a file") == true)
        try FileManager.default.removeItem(atPath: directory.store)
        try makeDirectory()
        #expect(reason(attempt())?.contains("no coffer.db") == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.store) == [])
        try Data().write(to: URL(fileURLWithPath: database))
        #expect(reason(attempt())?.contains("empty") == true)
        try Data("user = root\n".utf8).write(to: URL(fileURLWithPath: database))
        #expect(reason(attempt())?.contains("not a database") == true)
        try FileManager.default.removeItem(atPath: database)
        try edit("CREATE TABLE note (text)")
        let before = try Data(contentsOf: URL(fileURLWithPath: database))
        #expect(reason(attempt())?.contains("another program") == true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: database)) == before)
    }

    @Test("A store that was cut short is damaged")
    func truncated() throws {
        var contents = Transaction()
        for number: UInt64 in 1...200 {
            contents.put(RecordID(.secret, number), expecting: 0, body: [UInt8](repeating: 1, count: 400))
        }
        try SQLiteStore.create(at: directory.store, holding: contents).close()
        let whole = try Data(contentsOf: URL(fileURLWithPath: database))
        for length in [20, 100, 4095, 4096, 8192, whole.count / 2, whole.count - 4096, whole.count - 1] {
            try whole.prefix(length).write(to: URL(fileURLWithPath: database))
            let error = #expect(throws: StoreError.self) { try SQLiteStore(opening: directory.store) }
            guard case .damaged? = error else {
                Issue.record("length \(length): \(String(describing: error))")
                continue
            }
        }
    }

    @Test("A newer store is refused, an older one is migrated, and read-only it is refused unchanged")
    func versions() throws {
        try SQLiteStore.create(at: directory.store).close()
        let next = Schema(steps: Schema.current.steps + ["ALTER TABLE record ADD COLUMN extra INTEGER"])
        #expect(throws: StoreError.olderFormat(found: 1, supported: 2)) {
            try SQLiteStore(opening: directory.store, readOnly: true, schema: next)
        }
        try SQLiteStore(opening: directory.store, readOnly: false, schema: next).close()
        for readOnly in [false, true] {
            #expect(throws: StoreError.newerFormat(found: 2, supported: 1)) {
                try SQLiteStore(opening: directory.store, readOnly: readOnly)
            }
        }
        try SQLiteStore(opening: directory.store, readOnly: true, schema: next).close()
    }

    @Test("A migration that fails leaves the store at the version it had")
    func failedMigration() throws {
        try SQLiteStore.create(at: directory.store, holding: .version(1)).close()
        let broken = Schema(
            steps: Schema.current.steps + [
                "CREATE TABLE extra (id INTEGER)", "DROP TABLE value; CREATE TABLE",
            ])
        #expect(throws: StoreError.self) {
            try SQLiteStore(opening: directory.store, readOnly: false, schema: broken)
        }
        let store = try SQLiteStore(opening: directory.store)
        #expect(try store.value(ValueID(secret: 1, version: 1)) != nil)
    }

    @Test("A store frozen at version 1 opens for ever")
    func frozen() throws {
        try makeDirectory()
        try edit(
            """
            PRAGMA application_id = 1128678994;
            CREATE TABLE record (id INTEGER PRIMARY KEY, revision INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
            CREATE TABLE value (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
            INSERT INTO record VALUES (216172782113783809, 3, x'0102');
            INSERT INTO record VALUES (72057594037927936, 1, x'');
            INSERT INTO value VALUES (4294967298, x'AABBCC');
            PRAGMA user_version = 1;
            """)
        let store = try SQLiteStore(opening: directory.store)
        let secret = RecordID(.secret, 1)
        #expect(try store.record(secret) == Record(id: secret, revision: 3, body: [1, 2]))
        #expect(try store.record(RecordID(.header, 0))?.body == [])
        #expect(try store.value(ValueID(secret: 1, version: 2)) == [0xAA, 0xBB, 0xCC])
        #expect(try store.integrityCheck() == [])
    }

    @Test(
        "An edited table definition is damage",
        arguments: [
            "CREATE TRIGGER spy AFTER INSERT ON value BEGIN DELETE FROM record; END",
            "CREATE INDEX extra ON record (revision)",
            "DROP TABLE value; CREATE VIEW value AS SELECT id, body FROM record",
            "DROP TABLE value",
            "ALTER TABLE value ADD COLUMN extra INTEGER",
        ])
    func editedSchema(sql: String) throws {
        try SQLiteStore.create(at: directory.store).close()
        try edit(sql)
        for readOnly in [false, true] {
            let error = #expect(throws: StoreError.self) {
                try SQLiteStore(opening: directory.store, readOnly: readOnly)
            }
            #expect(error == .damaged(what: "the definitions of the tables are not those of format 1"))
        }
    }

    @Test("A store is not made over another one or among other files")
    func occupied() throws {
        try SQLiteStore.create(at: directory.store, holding: .version(1)).close()
        #expect(throws: StoreError.alreadyExists(path: directory.store)) {
            try SQLiteStore.create(at: directory.store)
        }
        #expect(throws: StoreError.notEmpty(path: directory.path)) {
            try SQLiteStore.create(at: directory.path)
        }
        let orphan = directory.path + "/no/store"
        #expect(
            throws: StoreError.notAStore(
                path: orphan, reason: "the directory above it doesn't exist; make that first")
        ) {
            try SQLiteStore.create(at: orphan)
        }
        #expect(try SQLiteStore(opening: directory.store).record(RecordID(.secret, 1)) != nil)
    }

    @Test("An interrupted creation can be repeated, and one that fails leaves nothing")
    func interruptedCreation() throws {
        var impossible = Transaction()
        impossible.put(RecordID(.secret, 1), expecting: 5, body: [])
        #expect(throws: StoreError.self) { try SQLiteStore.create(at: directory.store, holding: impossible) }
        #expect(!FileManager.default.fileExists(atPath: directory.store))
        try makeDirectory()
        for name in ["coffer.lock", "coffer.db.new", "coffer.db.new-journal"] {
            try Data("half".utf8).write(to: URL(fileURLWithPath: directory.store + "/" + name))
        }
        #expect(throws: StoreError.self) { try SQLiteStore(opening: directory.store) }
        let store = try SQLiteStore.create(at: directory.store, holding: .version(1))
        #expect(try store.record(RecordID(.secret, 1)) != nil)
        #expect(!FileManager.default.fileExists(atPath: directory.store + "/coffer.db.new"))
    }

    @Test("A store opened read-only is read, and changes in nothing")
    func readOnly() throws {
        try SQLiteStore.create(at: directory.store, holding: .version(1)).close()
        let before = try Data(contentsOf: URL(fileURLWithPath: database))
        let store = try SQLiteStore(opening: directory.store, readOnly: true)
        #expect(throws: StoreError.readOnly) { try store.commit(.version(2)) }
        #expect(try store.value(ValueID(secret: 1, version: 1)) != nil)
        var count = 0
        try store.records(of: .secret) { _ in count += 1 }
        #expect(count == 1)
        store.close()
        #expect(try Data(contentsOf: URL(fileURLWithPath: database)) == before)
    }

    @Test("What a crash left in the log is read, read-only too, and then nothing on disk is changed by it")
    func readOnlyAfterCrash() throws {
        let store = try SQLiteStore.create(at: directory.store, holding: .version(1))
        try store.commit(.version(2))
        let crashed = directory.path + "/crashed"
        try run("/bin/cp", "-r", directory.store, crashed)
        let files = ["coffer.db", "coffer.db-wal"].map { URL(fileURLWithPath: crashed + "/" + $0) }
        let before = try files.map { try Data(contentsOf: $0) }
        let reader = try SQLiteStore(opening: crashed, readOnly: true)
        #expect(try reader.value(ValueID(secret: 2, version: 1)) != nil)
        reader.close()
        #expect(try files.map { try Data(contentsOf: $0) } == before)
    }

    @Test("A directory's name may hold anything", arguments: ["a b", "ä?x=1#%41", "file:x", "-wal"])
    func names(name: String) throws {
        let path = directory.path + "/" + name
        try SQLiteStore.create(at: path, holding: .version(1)).close()
        #expect(try SQLiteStore(opening: path).record(RecordID(.secret, 1)) != nil)
        #expect(FileManager.default.fileExists(atPath: path + "/coffer.db"))
    }
}
