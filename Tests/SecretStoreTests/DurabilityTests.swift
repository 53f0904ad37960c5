import Foundation
import GRDB
import Testing

@testable import SecretStore

@Suite struct DurabilityTests {
    let directory: TemporaryDirectory
    let store: SQLiteStore

    init() throws {
        directory = try TemporaryDirectory()
        store = try SQLiteStore.create(at: directory.store)
    }

    @Test("The connection that commits waits for the disk, keeps a log, and zeroes what it deletes")
    func pragmas() throws {
        func check(_ store: SQLiteStore) throws {
            let writer = try #require(store.writer)
            let pragmas = ["synchronous", "journal_mode", "secure_delete", "wal_autocheckpoint"]
            let settings = try writer.unsafeRead { connection in
                try pragmas.map { try String.fetchOne(connection, sql: "PRAGMA \($0)") }
            }
            #expect(settings == ["2", "wal", "1", "1000"])
        }
        try check(store)
        try store.commit(.version(1))
        try check(store)
        store.close()
        try check(SQLiteStore(opening: directory.store))
    }

    @Test("Only the owner can reach the store's directory and files")
    func modes() throws {
        try store.commit(.version(1))
        func mode(_ path: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        }
        #expect(try mode(directory.store) == 0o700)
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.store).sorted()
        #expect(names == ["coffer.db", "coffer.db-shm", "coffer.db-wal", "coffer.lock"])
        for name in names { #expect(try mode(directory.store + "/" + name) == 0o600, "\(name)") }
    }

    @Test("Closing leaves the database alone in one file, without its log")
    func closing() throws {
        try store.commit(.version(1))
        store.close()
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.store).sorted()
        #expect(names == ["coffer.db", "coffer.lock"])
    }

    @Test("A deleted value's bytes are gone from the files once the store is closed")
    func secureDelete() throws {
        let needle = Data((0..<64).map { UInt8($0 * 3 + 1) })
        var transaction = Transaction()
        transaction.putValue(ValueID(secret: 1, version: 1), body: [UInt8](needle))
        try store.commit(transaction)
        store.close()
        let path = directory.store + "/coffer.db"
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)).range(of: needle) != nil)
        let again = try SQLiteStore(opening: directory.store)
        var deletion = Transaction()
        deletion.deleteValue(ValueID(secret: 1, version: 1))
        try again.commit(deletion)
        again.close()
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)).range(of: needle) == nil)
    }

    @Test("A value is read while another commit is under way, without waiting for it")
    func readersDoNotWait() throws {
        try store.commit(.version(1))
        let writer = try #require(store.writer)
        try writer.writeWithoutTransaction { connection in
            try connection.execute(sql: "BEGIN IMMEDIATE; DELETE FROM value; DELETE FROM record")
            #expect(try store.value(ValueID(secret: 1, version: 1)) != nil)
            #expect(try store.record(RecordID(.secret, 1)) != nil)
            try connection.execute(sql: "ROLLBACK")
        }
    }

    @Test("Commits from many threads all happen, and each is seen by the read that follows it")
    func threads() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number: UInt64 in 1...8 {
                group.addTask { [store] in
                    for revision: UInt64 in 0..<20 {
                        try store.commit(.version(number, revision: revision))
                        #expect(try store.record(RecordID(.secret, number))?.revision == revision + 1)
                        let id = ValueID(secret: UInt32(number), version: UInt32(revision) + 1)
                        #expect(try store.value(id) != nil)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try store.integrityCheck() == [])
    }

    @Test(
        "A log cut off anywhere, as by a crash, leaves a whole number of commits, and every one that was done"
    )
    func cutLog() throws {
        let database = directory.store + "/coffer.db"
        let counter = RecordID(.secret, 1)
        var ends: [Int] = []
        for revision: UInt64 in 0..<25 {
            try store.commit(.version(1, revision: revision, byte: UInt8(revision)))
            let size = try FileManager.default.attributesOfItem(atPath: database + "-wal")[.size] as? Int
            ends.append(try #require(size))
        }
        // A child copies: were this process to open and close the file, SQLite would lose its locks.
        let copy = directory.path + "/copy"
        try run("/bin/cp", "-r", directory.store, copy)
        let log = try Data(contentsOf: URL(fileURLWithPath: copy + "/coffer.db-wal"))
        #expect(log.count == ends.last)
        var random = SplitMix(seed: 1)
        let cuts =
            ends + ends.map { $0 - 1 } + (0..<60).map { _ in Int.random(in: 0...log.count, using: &random) }
        for (index, cut) in cuts.enumerated() {
            let crashed = directory.path + "/crashed-\(index)"
            try run("/bin/cp", "-r", copy, crashed)
            var rest = log.prefix(cut)
            // What a crash leaves of the last write need not be a prefix of it.
            if index.isMultiple(of: 2), cut < log.count {
                rest.append(~log[cut])
                rest.append(contentsOf: (0..<5000).map { UInt8(truncatingIfNeeded: $0) })
            }
            try rest.write(to: URL(fileURLWithPath: crashed + "/coffer.db-wal"))
            try? FileManager.default.removeItem(atPath: crashed + "/coffer.db-shm")
            let survivor = try SQLiteStore(opening: crashed)
            let done = UInt64(ends.count { $0 <= cut })
            #expect(try survivor.record(counter)?.revision ?? 0 == done)
            for version in UInt32(1)...25 {
                let value = try survivor.value(ValueID(secret: 1, version: version))
                #expect((value != nil) == (version <= done))
            }
            try survivor.commit(.version(1, revision: done))
            survivor.close()
        }
    }
}
