import Foundation
import SecretStore
import Testing

@Suite struct LockTests {
    let directory: TemporaryDirectory
    let store: SQLiteStore

    init() throws {
        directory = try TemporaryDirectory()
        store = try SQLiteStore.create(at: directory.store)
    }

    @Test("A second opener is refused and told whose the store is")
    func secondOpener() throws {
        for readOnly in [false, true] {
            #expect(throws: StoreError.locked(byPID: getpid())) {
                try SQLiteStore(opening: directory.store, readOnly: readOnly)
            }
        }
        try store.commit(.version(1))
        store.close()
        try SQLiteStore(opening: directory.store).close()
    }

    @Test("A store is freed when the last use of it goes away, closed or not")
    func released() throws {
        store.close()
        do {
            let other = try SQLiteStore(opening: directory.store)
            try other.commit(.version(1))
        }
        #expect(try SQLiteStore(opening: directory.store).record(RecordID(.secret, 1)) != nil)
    }

    @Test("A store that is left is free at once, holds what was committed, and is not tidied up")
    func left() throws {
        store.close()
        let hash: FileHash = { Array($0.suffix(16)) }
        let first = try SQLiteStore(opening: directory.store, fileHash: hash)
        try first.commit(.version(1))
        first.leave()
        #expect(throws: StoreError.closed) { try first.record(RecordID(.secret, 1)) }
        #expect(throws: StoreError.closed) { try first.commit(.version(2)) }
        let next = try SQLiteStore(opening: directory.store, fileHash: hash)
        #expect(try next.record(RecordID(.secret, 1)) != nil)
        #expect(!FileManager.default.fileExists(atPath: directory.store + "/coffer.sum"))
        first.close()
        try next.commit(.version(2))
        next.close()
        #expect(FileManager.default.fileExists(atPath: directory.store + "/coffer.sum"))
    }

    @Test("The lock of a killed process is free, and its number is not taken for a holder's")
    func killedHolder() throws {
        store.close()
        let path = directory.store + "/coffer.lock"
        let holder = Process()
        holder.executableURL = URL(fileURLWithPath: "/bin/sh")
        holder.arguments = ["-c", "exec 9<>\"$0\"; flock 9; echo $$ >\"$0\"; echo ready; read x", path]
        let (input, output) = (Pipe(), Pipe())
        holder.standardInput = input
        holder.standardOutput = output
        try holder.run()
        #expect(output.fileHandleForReading.availableData == Data("ready\n".utf8))
        #expect(throws: StoreError.locked(byPID: holder.processIdentifier)) {
            try SQLiteStore(opening: directory.store)
        }
        kill(holder.processIdentifier, SIGKILL)
        holder.waitUntilExit()
        try SQLiteStore(opening: directory.store).close()
    }

    @Test("A holder that left no number, or a dead process's, is reported without one")
    func unknownHolder() throws {
        store.close()
        let path = directory.store + "/coffer.lock"
        // Numbers end at 2^22: no process has this one.
        for text in ["", "none\n", "99999999\n", "-1\n", "99999999999999999999"] {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            let file = try #require(FileHandle(forReadingAtPath: path))
            #expect(flock(file.fileDescriptor, LOCK_EX | LOCK_NB) == 0)
            #expect(throws: StoreError.locked(byPID: nil)) { try SQLiteStore(opening: directory.store) }
            try file.close()
        }
    }

    @Test("A program started by the holder does not get the lock or the database")
    func notInherited() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/ls")
        process.arguments = ["-l", "/proc/self/fd"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let listing = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(listing.contains("pipe"))
        #expect(!listing.contains(directory.path))
    }
}
