import SecretStore
import Testing

@Suite struct CommitTests {
    let directory: TemporaryDirectory
    let store: SQLiteStore

    init() throws {
        directory = try TemporaryDirectory()
        store = try SQLiteStore.create(at: directory.store)
    }

    @Test("What is committed is read back, at once and after reopening")
    func roundTrip() throws {
        try store.commit(.version(1))
        func check(_ store: SQLiteStore) throws {
            let expected = Record(
                id: RecordID(.secret, 1), revision: 1, body: [UInt8](repeating: 7, count: 400))
            #expect(try store.record(RecordID(.secret, 1)) == expected)
            #expect(try store.value(ValueID(secret: 1, version: 1)) == [UInt8](repeating: 7, count: 104))
            #expect(try store.record(RecordID(.key, 1)) == nil)
            #expect(try store.value(ValueID(secret: 1, version: 2)) == nil)
        }
        try check(store)
        store.close()
        try check(SQLiteStore(opening: directory.store))
    }
}
