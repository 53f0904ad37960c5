import Foundation
import SecretStore
import Testing

@Suite struct FileSumTests {
    /// FNV-1a, twice: any hash will do here.
    private let hash: FileHash = { bytes in
        [0xcbf2_9ce4_8422_2325, 0x8422_2325_cbf2_9ce4].flatMap { (start: UInt64) -> [UInt8] in
            let sum = bytes.reduce(start) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
            return (0..<8).map { UInt8(truncatingIfNeeded: sum >> UInt64(8 * $0)) }
        }
    }

    private func made(in directory: borrowing TemporaryDirectory) throws -> URL {
        var contents = Transaction()
        for number: UInt32 in 1...40 {
            contents.putValue(
                ValueID(secret: number, version: 1), body: [UInt8](repeating: UInt8(number), count: 5000))
        }
        try SQLiteStore.create(at: directory.store, holding: contents, fileHash: hash).close()
        return URL(fileURLWithPath: directory.store + "/coffer.db")
    }

    /// What an opening says of the file.
    private func complaint(of path: String) -> String {
        do {
            let store = try SQLiteStore(opening: path, fileHash: hash)
            defer { store.close() }
            return store.damagedParts.joined(separator: "; ")
        } catch {
            return error.description
        }
    }

    @Test("A byte that changed while the store was closed is found, wherever it lies")
    func everywhere() throws {
        let directory = try TemporaryDirectory()
        let database = try made(in: directory)
        let sound = try Data(contentsOf: database)
        var random = SplitMix(seed: 24)
        for _ in 0..<60 {
            var flipped = sound
            let offset = Int.random(in: 100..<sound.count, using: &random)
            flipped[offset] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            try flipped.write(to: database)
            let part = offset / 65_536 * 65_536
            let name = "coffer.db was changed between bytes \(part) and \(min(part + 65_536, sound.count)) "
            // Twice: an opening that found damage leaves the sum as it is.
            for _ in 0..<2 {
                let said = complaint(of: directory.store)
                #expect(said.contains(name), "\(said)")
            }
        }
        try sound.write(to: database)
        #expect(try SQLiteStore(opening: directory.store, fileHash: hash).damagedParts == [])
    }

    @Test("The sum is there while the store is closed, and fits what was written last")
    func lifetime() throws {
        let directory = try TemporaryDirectory()
        let sum = (try made(in: directory)).deletingLastPathComponent().appendingPathComponent("coffer.sum")
            .path
        for round in 1...3 {
            #expect(FileManager.default.fileExists(atPath: sum))
            let store = try SQLiteStore(opening: directory.store, fileHash: hash)
            #expect(store.damagedParts == [])
            #expect(!FileManager.default.fileExists(atPath: sum))
            try store.commit(.version(UInt64(round)))
            store.close()
        }
        let reader = try SQLiteStore(opening: directory.store, readOnly: true, fileHash: hash)
        reader.close()
        #expect(FileManager.default.fileExists(atPath: sum))
        // As after a crash: no sum, no complaint, and the next closing makes one.
        try FileManager.default.removeItem(atPath: sum)
        let store = try SQLiteStore(opening: directory.store, fileHash: hash)
        #expect(store.damagedParts == [])
        store.close()
        #expect(FileManager.default.fileExists(atPath: sum))
    }

    @Test("A sum that is damaged itself, or of another file, says so")
    func damagedSum() throws {
        let directory = try TemporaryDirectory()
        let database = try made(in: directory)
        let sum = database.deletingLastPathComponent().appendingPathComponent("coffer.sum")
        let sound = try Data(contentsOf: sum)
        for offset in [0, 13, 20, sound.count / 2, sound.count - 2] {
            var flipped = sound
            flipped[offset] ^= 1
            try flipped.write(to: sum)
            let store = try SQLiteStore(opening: directory.store, fileHash: hash)
            #expect(store.damagedParts == ["coffer.sum is damaged itself; if the rest is sound, remove it"])
            store.close()
        }
        try Data().write(to: sum)
        #expect(
            try SQLiteStore(opening: directory.store, readOnly: true, fileHash: hash).damagedParts.count == 1)
        try sound.write(to: sum)
        var longer = try Data(contentsOf: database)
        longer.append(contentsOf: [UInt8](repeating: 0, count: 4096))
        try longer.write(to: database)
        let store = try SQLiteStore(opening: directory.store, readOnly: true, fileHash: hash)
        #expect(
            store.damagedParts.first?.hasPrefix("coffer.db has \(longer.count) bytes, not as many") == true)
        store.close()
    }
}
