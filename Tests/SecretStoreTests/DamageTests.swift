import Foundation
import SecretStore
import Testing

@Suite struct DamageTests {
    /// Reads every row of a store, and writes one; every error but a typed one is thrown on.
    private func exercise(_ path: String, readOnly: Bool) throws -> [StoreError] {
        var errors: [StoreError] = []
        func attempt(_ body: () throws -> Void) throws {
            do { try body() } catch let error as StoreError { errors.append(error) }
        }
        try attempt {
            let store = try SQLiteStore(opening: path, readOnly: readOnly)
            for kind in RecordKind.allCases { try attempt { try store.records(of: kind) { _ in } } }
            for number in 0..<100 {
                try attempt { _ = try store.record(RecordID(.secret, UInt64(number))) }
                try attempt { _ = try store.value(ValueID(secret: UInt32(number), version: 1)) }
            }
            try attempt { _ = try store.integrityCheck() }
            if !readOnly { try attempt { try store.commit(.version(50, revision: 1)) } }
            store.close()
        }
        return errors
    }

    @Test(
        "A flipped bit anywhere in the database gives a typed error or an answer, never a crash",
        arguments: 0..<6)
    func flippedBits(seed: UInt64) throws {
        let directory = try TemporaryDirectory()
        var contents = Transaction()
        for number: UInt64 in 1...80 {
            contents.put(
                RecordID(.secret, number), expecting: 0, body: [UInt8](repeating: UInt8(number), count: 60))
            // Some values spill over to pages of their own.
            let count = number.isMultiple(of: 20) ? 9000 : 40
            contents.putValue(
                ValueID(secret: UInt32(number), version: 1), body: [UInt8](repeating: 3, count: count))
        }
        try SQLiteStore.create(at: directory.store, holding: contents).close()
        let database = URL(fileURLWithPath: directory.store + "/coffer.db")
        let sound = try Data(contentsOf: database)
        #expect(try exercise(directory.store, readOnly: true) == [])
        var random = SplitMix(seed: seed)
        var refused = 0
        for round in 0..<60 {
            var flipped = sound
            // Half of them where the structure is: in the file's first page or at the start of another.
            let page = Int.random(in: 0..<sound.count / 4096, using: &random) * 4096
            let structural = page == 0 ? 0..<140 : page..<page + 24
            let offset = Int.random(
                in: round.isMultiple(of: 2) ? structural : 0..<sound.count, using: &random)
            flipped[offset] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            try flipped.write(to: database)
            _ = try exercise(directory.store, readOnly: true)
            #expect(try Data(contentsOf: database) == flipped)
            if try !exercise(directory.store, readOnly: false).isEmpty { refused += 1 }
            for side in ["-wal", "-shm", "-journal"] {
                try? FileManager.default.removeItem(atPath: database.path + side)
            }
        }
        #expect(refused > 0)
    }
}
