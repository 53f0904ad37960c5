import SecretStore
import Synchronization

/// A store that fails the N-th commit or read from now, once, before the store under it is asked.
final class FaultInjectingStore: SecretStore {
    private struct Fault {
        var callsLeft: Int
        var error: StoreError
    }

    private let store: any SecretStore
    private let commitFault = Mutex<Fault?>(nil)
    private let readFault = Mutex<Fault?>(nil)

    init(over store: any SecretStore) {
        self.store = store
    }

    /// Fails the `n`-th commit from now, counted from 1.
    func failCommit(_ n: Int, with error: StoreError) {
        commitFault.withLock { $0 = Fault(callsLeft: n, error: error) }
    }

    /// Fails the `n`-th read from now, counted from 1; a scan is one read.
    func failRead(_ n: Int, with error: StoreError) {
        readFault.withLock { $0 = Fault(callsLeft: n, error: error) }
    }

    var damagedParts: [String] { store.damagedParts }

    private func pass(_ fault: borrowing Mutex<Fault?>) throws(StoreError) {
        let error: StoreError? = fault.withLock { fault in
            fault?.callsLeft -= 1
            guard let due = fault, due.callsLeft == 0 else { return nil }
            fault = nil
            return due.error
        }
        if let error { throw error }
    }

    func records(of kind: RecordKind, _ body: (Record) throws -> Void) throws {
        try pass(readFault)
        try store.records(of: kind, body)
    }

    func record(_ id: RecordID) throws(StoreError) -> Record? {
        try pass(readFault)
        return try store.record(id)
    }

    func value(_ id: ValueID) throws(StoreError) -> [UInt8]? {
        try pass(readFault)
        return try store.value(id)
    }

    func commit(_ transaction: Transaction) throws(StoreError) {
        try pass(commitFault)
        try store.commit(transaction)
    }

    func watch(_ handler: @escaping @Sendable (StoreChange) -> Void) -> WatchToken {
        store.watch(handler)
    }

    func integrityCheck() throws(StoreError) -> [String] {
        try store.integrityCheck()
    }

    func close() {
        store.close()
    }

    func leave() {
        store.leave()
    }
}
