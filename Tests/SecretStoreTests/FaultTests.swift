import Foundation
import GRDB
import Testing

@testable import SecretStore

@Suite struct FaultTests {
    @Test(
        "Each of SQLite's results becomes the right error",
        arguments: [
            (13, 0, StoreError.full), (10 | 3 << 8, ENOSPC, .full), (10 | 3 << 8, EDQUOT, .full),
            (10 | 3 << 8, EFBIG, .full), (10 | 19 << 8, 0, .full), (14, ENOSPC, .full),
            (11, 0, .damaged(what: "table value: words")),
            (11 | 3 << 8, 0, .damaged(what: "table value: words")),
            (26, 0, .damaged(what: "table value: words")),
            (10 | 2 << 8, 0, .damaged(what: "table value: words")),
            (10 | 33 << 8, EIO, .damaged(what: "table value: words")),
            (8, 0, .readOnly), (8 | 1 << 8, EACCES, .readOnly), (14, EROFS, .readOnly),
            (5, 0, .busy), (5 | 1 << 8, 0, .busy), (6, 0, .busy), (15, 0, .busy),
            (14, EACCES, .permissionDenied(path: "table value")),
            (3, 0, .permissionDenied(path: "table value")),
            (10 | 4 << 8, EIO, .io("table value: words (SQLite code 1034, errno 5)")),
            (7, 0, .io("table value: words (SQLite code 7)")),
            (18, 0, .io("table value: words (SQLite code 18)")),
        ] as [(Int32, Int32, StoreError)])
    func mapping(code: Int32, systemError: Int32, expected: StoreError) {
        #expect(
            StoreError(sqliteCode: code, systemError: systemError, message: "words", subject: "table value")
                == expected)
    }

    /// Commits ever larger values until there is no room, and checks that the commit without room changed nothing.
    private func fill(_ store: SQLiteStore) throws -> UInt64 {
        var number: UInt64 = 0
        func transaction(_ number: UInt64) -> Transaction {
            var transaction = Transaction.version(number)
            transaction.putValue(
                ValueID(secret: UInt32(number), version: 9), body: [UInt8](repeating: 1, count: 20_000))
            return transaction
        }
        let error = #expect(throws: StoreError.self) {
            while number < 10_000 {
                try store.commit(transaction(number + 1))
                number += 1
            }
        }
        #expect(error == .full)
        #expect(throws: StoreError.full) { try store.commit(transaction(number + 1)) }
        #expect(number > 0)
        #expect(try store.record(RecordID(.secret, number + 1)) == nil)
        #expect(try store.value(ValueID(secret: UInt32(number + 1), version: 9)) == nil)
        var count: UInt64 = 0
        try store.records(of: .secret) { _ in count += 1 }
        #expect(count == number)
        for secret in 1...UInt32(number) {
            #expect(try store.value(ValueID(secret: secret, version: 9))?.count == 20_000)
        }
        return number
    }

    @Test("A store at its size limit says so, changes nothing, and goes on when there is room")
    func pageLimit() throws {
        let directory = try TemporaryDirectory()
        let store = try SQLiteStore.create(at: directory.store)
        try store.writer?.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = 100") }
        let number = try fill(store)
        try store.writer?.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = 1000") }
        try store.commit(.version(number + 1))
        #expect(try store.integrityCheck() == [])
    }

    @Test("A full disk is reported, changes nothing, and the store goes on when there is room")
    func fullDisk() throws {
        let directory = try TemporaryFileSystem()
        let ballast = directory.path + "/ballast"
        try Data(count: 300_000).write(to: URL(fileURLWithPath: ballast))
        let store = try SQLiteStore.create(at: directory.store)
        let number = try fill(store)
        try FileManager.default.removeItem(atPath: ballast)
        try store.commit(.version(number + 1))
        #expect(try store.integrityCheck() == [])
        store.close()
        let again = try SQLiteStore(opening: directory.store)
        #expect(try again.record(RecordID(.secret, number + 1)) != nil)
        again.close()
    }

    @Test("A store on a disk without any room can still be read")
    func openOnFullDisk() throws {
        let disk = try TemporaryFileSystem()
        try SQLiteStore.create(at: disk.store, holding: .version(1)).close()
        let ballast = disk.path + "/ballast"
        #expect(throws: (any Error).self) {
            try run("/bin/dd", "if=/dev/zero", "of=" + ballast, "status=none")
        }
        #expect(throws: StoreError.full) { try SQLiteStore(opening: disk.store) }
        let reader = try SQLiteStore(opening: disk.store, readOnly: true)
        #expect(try reader.value(ValueID(secret: 1, version: 1)) != nil)
    }

    @Test("A store on a read-only file system can be read, and not opened for writing")
    func readOnlyFileSystem() throws {
        let directory = try TemporaryFileSystem()
        try SQLiteStore.create(at: directory.store, holding: .version(1)).close()
        try run("/bin/mount", "-o", "remount,ro", directory.path)
        #expect(throws: StoreError.readOnly) { try SQLiteStore(opening: directory.store) }
        let store = try SQLiteStore(opening: directory.store, readOnly: true)
        #expect(try store.value(ValueID(secret: 1, version: 1)) != nil)
        var count = 0
        try store.records(of: .secret) { _ in count += 1 }
        #expect(count == 1)
        #expect(try store.integrityCheck() == [])
        store.close()
    }

    @Test("The fault door fails exactly the chosen commit or read")
    func faultDoor() throws {
        let directory = try TemporaryDirectory()
        let store = FaultInjectingStore(over: try SQLiteStore.create(at: directory.store))
        store.failCommit(2, with: .full)
        try store.commit(.version(1))
        #expect(throws: StoreError.full) { try store.commit(.version(2)) }
        try store.commit(.version(3))
        store.failRead(1, with: .io("a test"))
        #expect(throws: StoreError.io("a test")) { try store.record(RecordID(.secret, 1)) }
        #expect(try store.record(RecordID(.secret, 1)) != nil)
        #expect(try store.record(RecordID(.secret, 2)) == nil)
    }
}
