import CofferCore
import SecretsManager
import Synchronization
import Testing

@Suite("Requests that a process before had, and did not answer")
struct ResentRequestTests {
    private static func alice(_ request: UInt64, isResent: Bool = false) -> Caller {
        var caller = Caller(uid: 2001, gid: 2001, pid: 0, groups: [], door: .mount)
        caller.request = request
        caller.isResent = isResent
        return caller
    }

    private func records(_ vault: Vault) throws -> [Bool] {
        try vault.events().filter { $0["eventName"] == .string("GetSecretValue") }.map {
            $0["errorCode"] == nil
        }
    }

    @Test("An open that was recorded is served without a second record, another one with its own")
    func recordedOnce() throws {
        let journal = Journal()
        let vault = try Vault()
        try vault.create("s", "value")
        try vault.allow(Self.alice(0), [.getSecretValue, .describeSecret], on: "s")
        try vault.reopen(journal: journal)
        #expect(try vault.value("s", by: Self.alice(7)) == "value")
        try vault.reopen(journal: journal)
        #expect(try vault.value("s", by: Self.alice(7, isResent: true)) == "value")
        #expect(try records(vault) == [true])
        #expect(try vault.value("s", by: Self.alice(8, isResent: true)) == "value")
        #expect(try records(vault) == [true, true])
    }

    @Test("Where the outcome is another one than was recorded, it is recorded")
    func otherOutcome() throws {
        let journal = Journal()
        let vault = try Vault()
        try vault.create("s", "value")
        try vault.allow(Self.alice(0), [.describeSecret], on: "s")
        try vault.reopen(journal: journal)
        #expect(throws: ServiceError.self) { try vault.value("s", by: Self.alice(7)) }
        try vault.reopen(journal: journal)
        try vault.allow(Self.alice(0), [.getSecretValue], on: "s")
        #expect(try vault.value("s", by: Self.alice(7, isResent: true)) == "value")
        #expect(try records(vault) == [false, true])
    }

    @Test("A record that could not be written counts for nothing, though the next one got its number")
    func recordFailed() throws {
        let journal = Journal()
        let vault = try Vault(hasSmallAuditDisk: true)
        try vault.create("s", "value")
        try vault.reopen(journal: journal)
        var owner = Vault.owner
        owner.request = 7
        try vault.fillAuditDisk()
        #expect(throws: ServiceError.self) { try vault.value("s", by: owner) }
        try vault.emptyAuditDisk()
        #expect(journal.records(of: 7).isEmpty)
        try vault.reopen(journal: journal)
        owner.isResent = true
        #expect(try vault.value("s", by: owner) == "value")
        #expect(try records(vault) == [true])
    }

    @Test("A change that reached the store is known as made, one that failed is not")
    func committed() throws {
        let journal = Journal()
        let vault = try Vault()
        try vault.create("s", "value")
        try vault.reopen(journal: journal)
        var owner = Vault.owner
        owner.request = 7
        try vault.put("s", "made", by: owner)
        owner.request = 8
        vault.store.fail(commit: 1)
        #expect(throws: ServiceError.self) { try vault.put("s", "failed", by: owner) }
        try vault.put("s", "by another request")
        try vault.reopen(journal: journal)
        #expect(vault.manager.wasCommitted(request: 7))
        #expect(!vault.manager.wasCommitted(request: 8))
        #expect(!vault.manager.wasCommitted(request: 9))
    }

    @Test("Who was not told of a change is known to the next process; of one that failed nobody is told")
    func untold() throws {
        let journal = Journal()
        let vault = try Vault()
        try vault.create("s", "value")
        try vault.reopen(journal: journal)
        try vault.put("s", "second")
        vault.store.fail(commit: 1)
        #expect(throws: ServiceError.self) { try vault.put("s", "failed") }
        try vault.reopen(journal: journal)
        let untold = vault.manager.untold
        #expect(untold.map(\.secret) == [vault.manager.serial(named: try SecretName("s"))])
        for (secret, revision) in untold { vault.manager.noteTold(of: secret, upTo: revision) }
        try vault.reopen(journal: journal)
        #expect(vault.manager.untold.isEmpty)
    }

    @Test("A store older than what the process before had is refused, though the trail does not tell")
    func olderStore() throws {
        let journal = Journal()
        let vault = try Vault()
        try vault.reopen(journal: journal)
        let first = journal.highestRevision
        try vault.create("s", "value")
        #expect(journal.highestRevision == first + 1)
        vault.store.fail(commit: 1)
        #expect(throws: ServiceError.self) { try vault.put("s", "failed") }
        #expect(journal.highestRevision == first + 2)
        // The change that failed, and the closing.
        try vault.reopen(journal: journal)
        #expect(journal.highestRevision == first + 2)
        journal.noteRevision(first + 5)
        let error = #expect(throws: LoadError.self) { try vault.reopen(journal: journal) }
        #expect(error?.message.contains("older than its audit trail") == true)
    }

    @Test("A version that is open is kept, and goes with the next change after it was closed")
    func openVersionsStay() throws {
        let vault = try Vault()
        try vault.create("s", "value 1")
        let serial = try #require(vault.manager.serial(named: try SecretName("s")))
        let isOpen = Mutex(true)
        vault.manager.keepVersions { secret, sequence in
            secret == serial && sequence == 1 && isOpen.withLock { $0 }
        }
        for number in 2...110 { try vault.put("s", "value \(number)") }
        #expect(vault.manager.record(serial)?.versions.count == 100)
        #expect(vault.manager.record(serial)?.versions.first?.sequence == 1)
        #expect(
            vault.manager.reopen(secret: serial, sequence: 1, member: nil, openedBy: Vault.owner)?.size == 7)
        #expect(vault.manager.reopen(secret: serial, sequence: 2, member: nil, openedBy: Vault.owner) == nil)
        isOpen.withLock { $0 = false }
        try vault.put("s", "value 111")
        #expect(vault.manager.record(serial)?.version(sequence: 1) == nil)
    }
}

/// A journal that forgets nothing.
private final class Journal: RequestJournal {
    private struct State {
        var records: [(request: UInt64, sequence: UInt64, isRefusal: Bool)] = []
        var changes: [(request: UInt64, revision: UInt64)] = []
        var tellings: [(secret: UInt32?, revision: UInt64)] = []
        var highestRevision: UInt64 = 0
    }

    private let state = Mutex(State())

    func noteRecord(_ sequence: UInt64, isRefusal: Bool, of request: UInt64) {
        state.withLock { $0.records.append((request, sequence, isRefusal)) }
    }

    func noteChange(_ revision: UInt64, of request: UInt64) {
        state.withLock { $0.changes.append((request, revision)) }
    }

    func withdrawRecord(of request: UInt64) {
        state.withLock { state in
            if let index = state.records.lastIndex(where: { $0.request == request }) {
                state.records.remove(at: index)
            }
        }
    }

    func withdrawChange(of request: UInt64) {
        state.withLock { $0.changes.removeAll { $0.request == request } }
    }

    func records(of request: UInt64) -> [(sequence: UInt64, isRefusal: Bool)] {
        state.withLock { $0.records.filter { $0.request == request }.map { ($0.sequence, $0.isRefusal) } }
    }

    func changes(of request: UInt64) -> [UInt64] {
        state.withLock { $0.changes.filter { $0.request == request }.map(\.revision) }
    }

    func noteRevision(_ revision: UInt64) {
        state.withLock { $0.highestRevision = max($0.highestRevision, revision) }
    }

    var highestRevision: UInt64 { state.withLock { $0.highestRevision } }

    func noteTelling(of secret: UInt32?, revision: UInt64) {
        state.withLock { $0.tellings.append((secret, revision)) }
    }

    func withdrawTelling(revision: UInt64) {
        state.withLock { $0.tellings.removeAll { $0.revision == revision } }
    }

    func endTelling(of secret: UInt32?, upTo revision: UInt64) {
        state.withLock { $0.tellings.removeAll { $0.secret == secret && $0.revision <= revision } }
    }

    var tellings: [(secret: UInt32?, revision: UInt64)] { state.withLock { $0.tellings } }
}
