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

    @Test("A record goes from revision to revision, and from a stale one nowhere")
    func compareAndSwap() throws {
        let id = RecordID(.secret, 5)
        func put(expecting revision: UInt64, _ body: [UInt8]) throws(StoreError) {
            var transaction = Transaction()
            transaction.put(id, expecting: revision, body: body)
            try store.commit(transaction)
        }
        #expect(throws: StoreError.conflict(id, expected: 1, found: 0)) { try put(expecting: 1, [1]) }
        try put(expecting: 0, [1])
        try put(expecting: 1, [2])
        #expect(throws: StoreError.conflict(id, expected: 0, found: 2)) { try put(expecting: 0, [3]) }
        #expect(throws: StoreError.conflict(id, expected: 1, found: 2)) { try put(expecting: 1, [3]) }
        #expect(throws: StoreError.conflict(id, expected: .max, found: 2)) { try put(expecting: .max, [3]) }
        #expect(try store.record(id) == Record(id: id, revision: 2, body: [2]))
    }

    @Test("A conflict takes every change of its transaction back")
    func conflictRollsBack() throws {
        try store.commit(.version(1))
        var transaction = Transaction.version(2)
        transaction.put(RecordID(.secret, 1), expecting: 1, body: [9])
        transaction.deleteValue(ValueID(secret: 1, version: 1))
        transaction.delete(RecordID(.secret, 3), expecting: 4)
        #expect(throws: StoreError.conflict(RecordID(.secret, 3), expected: 4, found: 0)) {
            try store.commit(transaction)
        }
        #expect(try store.record(RecordID(.secret, 1))?.revision == 1)
        #expect(try store.record(RecordID(.secret, 2)) == nil)
        #expect(try store.value(ValueID(secret: 1, version: 1)) != nil)
        #expect(try store.value(ValueID(secret: 2, version: 1)) == nil)
        try store.commit(.version(2))
    }

    @Test("Deleting all values of a secret leaves its neighbours' alone")
    func deletes() throws {
        var transaction = Transaction()
        for secret: UInt32 in [6, 7, 8, .max] {
            for version: UInt32 in [0, 1, .max] {
                transaction.putValue(ValueID(secret: secret, version: version), body: [1])
            }
        }
        transaction.put(RecordID(.secret, 7), expecting: 0, body: [1])
        try store.commit(transaction)
        var deletion = Transaction()
        deletion.delete(RecordID(.secret, 7), expecting: 1)
        deletion.deleteValues(ofSecret: 7)
        deletion.deleteValues(ofSecret: .max)
        deletion.deleteValue(ValueID(secret: 8, version: 1))
        deletion.putValue(ValueID(secret: 7, version: 9), body: [3])
        try store.commit(deletion)
        #expect(try store.record(RecordID(.secret, 7)) == nil)
        func versions(of secret: UInt32) throws -> [UInt32] {
            try [0, 1, 9, .max].filter { try store.value(ValueID(secret: secret, version: $0)) != nil }
        }
        #expect(try versions(of: 6) == [0, 1, .max])
        #expect(try versions(of: 7) == [9])
        #expect(try versions(of: 8) == [0, .max])
        #expect(try versions(of: .max) == [])
    }

    @Test("A value can be empty, large, and written over")
    func valueShapes() throws {
        let id = ValueID(secret: 1, version: 1)
        for body in [[], [0], [UInt8](repeating: 0xA5, count: 3_000_000), [1, 2]] {
            var transaction = Transaction()
            transaction.putValue(id, body: body)
            try store.commit(transaction)
            #expect(try store.value(id) == body)
        }
    }

    @Test("A scan sees one kind, in order of number, and ends when its reader has enough")
    func scan() throws {
        var transaction = Transaction()
        for number in [300, 1, RecordID.largestNumber, 0, 20] {
            transaction.put(RecordID(.secret, number), expecting: 0, body: [UInt8(number & 0xFF)])
        }
        transaction.put(RecordID(.key, 2), expecting: 0, body: [])
        transaction.put(RecordID(.document, 2), expecting: 0, body: [])
        try store.commit(transaction)
        var numbers: [UInt64] = []
        try store.records(of: .secret) { numbers.append($0.id.number) }
        #expect(numbers == [0, 1, 20, 300, RecordID.largestNumber])
        struct Enough: Error {}
        #expect(throws: Enough.self) { try store.records(of: .secret) { _ in throw Enough() } }
        #expect(try store.record(RecordID(.secret, 20))?.body == [20])
    }

    @Test("A scan's reader may use the store, and sees the store as it was when the scan began")
    func scanReentrancy() throws {
        try store.commit(.version(1))
        try store.commit(.version(2))
        var seen: [UInt64] = []
        try store.records(of: .secret) { record in
            seen.append(record.id.number)
            try store.commit(.version(record.id.number, revision: 1))
            try store.commit(.version(record.id.number + 100))
            var inner = 0
            try store.records(of: .secret) { _ in inner += 1 }
            #expect(inner == 2 + seen.count)
            #expect(record.revision == 1)
        }
        #expect(seen == [1, 2])
    }

    @Test("A closed store answers every call with an error")
    func closed() throws {
        store.close()
        store.close()
        #expect(throws: StoreError.closed) { try store.commit(.version(1)) }
        #expect(throws: StoreError.closed) { try store.value(ValueID(secret: 1, version: 1)) }
        #expect(throws: StoreError.closed) { try store.record(RecordID(.secret, 1)) }
        #expect(throws: StoreError.closed) { try store.records(of: .secret) { _ in } }
        #expect(throws: StoreError.closed) { try store.integrityCheck() }
    }
}
