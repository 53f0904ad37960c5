import SecretStore
import Synchronization

/// A store that fails, or gives back other bytes than were put, while it is told to.
final class FaultyStore: SecretStore {
    private struct State {
        var commitFailure: StoreError?
        var changesValues = false
    }

    private let store: any SecretStore
    private let state = Mutex(State())

    init(over store: any SecretStore) { self.store = store }

    /// Lets every commit fail; nil ends it.
    func failCommits(with error: StoreError?) { state.withLock { $0.commitFailure = error } }

    /// Flips a bit in the middle of each sealed value that is read.
    func changeValues() { state.withLock { $0.changesValues = true } }

    func records(of kind: RecordKind, _ body: (Record) throws -> Void) throws {
        try store.records(of: kind, body)
    }

    func record(_ id: RecordID) throws(StoreError) -> Record? { try store.record(id) }

    func value(_ id: ValueID) throws(StoreError) -> [UInt8]? {
        var value = try store.value(id)
        if state.withLock({ $0.changesValues }), let middle = value.map({ $0.count / 2 }) {
            value?[middle] ^= 1
        }
        return value
    }

    func commit(_ transaction: Transaction) throws(StoreError) {
        if let failure = state.withLock({ $0.commitFailure }) { throw failure }
        try store.commit(transaction)
    }

    func watch(_ handler: @escaping @Sendable (StoreChange) -> Void) -> WatchToken { store.watch(handler) }
    func integrityCheck() throws(StoreError) -> [String] { try store.integrityCheck() }
    var damagedParts: [String] { store.damagedParts }
    func close() { store.close() }
    func leave() { store.leave() }
}
