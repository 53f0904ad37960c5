import SecretStore
import Testing

@Suite(.timeLimit(.minutes(1))) struct WatchTests {
    let directory: TemporaryDirectory
    let store: SQLiteStore

    init() throws {
        directory = try TemporaryDirectory()
        store = try SQLiteStore.create(at: directory.store)
    }

    /// The changes a watch sees, as they come.
    private func changes() -> (AsyncStream<StoreChange>, WatchToken) {
        let (stream, continuation) = AsyncStream.makeStream(of: StoreChange.self)
        return (stream, store.watch { continuation.yield($0) })
    }

    @Test("A watch sees each commit from then on, in order, and no failed one")
    func order() async throws {
        try store.commit(.version(1))
        let (stream, token) = changes()
        for revision: UInt64 in 1...50 { try store.commit(.version(1, revision: revision)) }
        #expect(throws: StoreError.self) { try store.commit(.version(1)) }
        var deletion = Transaction()
        deletion.delete(RecordID(.secret, 1), expecting: 51)
        deletion.deleteValues(ofSecret: 1)
        try store.commit(deletion)
        var seen = stream.makeAsyncIterator()
        for revision: UInt64 in 1...50 {
            #expect(await seen.next() == StoreChange(.version(1, revision: revision)))
        }
        let last = await seen.next()
        #expect(last?.deletes == [RecordID(.secret, 1)])
        #expect(last?.valueDeletesOfSecrets == [1])
        token.cancel()
    }

    @Test("A cancelled watch and a released one see nothing more")
    func cancelled() async throws {
        let (unseen, unseenContinuation) = AsyncStream.makeStream(of: StoreChange.self)
        let cancelled = store.watch { unseenContinuation.yield($0) }
        do { _ = store.watch { unseenContinuation.yield($0) } }
        cancelled.cancel()
        cancelled.cancel()
        let (stream, token) = changes()
        try store.commit(.version(1))
        var seen = stream.makeAsyncIterator()
        #expect(await seen.next()?.puts == [RecordID(.secret, 1): 1])
        // Handlers are called oldest first: the others have had their turn.
        unseenContinuation.finish()
        for await change in unseen { Issue.record("\(change)") }
        token.cancel()
    }

    @Test("A watcher may use the store")
    func reentrancy() async throws {
        let (stream, token) = changes()
        let other = store.watch { [store] change in
            guard change.puts.keys.contains(RecordID(.secret, 1)) else { return }
            #expect(throws: Never.self) { try store.commit(.version(2)) }
        }
        try store.commit(.version(1))
        var seen = stream.makeAsyncIterator()
        #expect(await seen.next()?.puts == [RecordID(.secret, 1): 1])
        #expect(await seen.next()?.puts == [RecordID(.secret, 2): 1])
        token.cancel()
        other.cancel()
    }
}
