import Fuse
import Testing

@Suite("What one process leaves for the next")
struct TakeoverJournalTests {
    private static func file(_ handle: UInt64, _ kind: JournaledFile.Kind = .snapshot) -> JournaledFile {
        JournaledFile(
            handle: handle, node: InodeNumber(rawValue: 1 << 63 | handle), kind: kind, uid: 4_000_000_000,
            thread: 77,
            request: 12)
    }

    @Test("Notes are there for who maps the memory next")
    func handedOn() throws {
        let first = try TakeoverJournal()
        first.eventProcess = 4711
        first.noteRecord(7, isRefusal: true, of: 10)
        first.noteChange(3, of: 10)
        let next = try TakeoverJournal(descriptor: first.descriptor)
        #expect(next.eventProcess == 4711)
        #expect(next.records(of: 10).map(\.sequence) == [7])
        #expect(next.records(of: 10).map(\.isRefusal) == [true])
        #expect(next.changes(of: 10) == [3])
        #expect(next.records(of: 11).isEmpty && next.changes(of: 11).isEmpty)
    }

    @Test("Open files are there as they were noted, until they are closed")
    func openFiles() throws {
        let first = try TakeoverJournal()
        first.noteOpen(Self.file(99), at: 5)
        first.noteOpen(Self.file(98, .draft), at: 1_000_000)
        first.setDirty(true, at: 1_000_000)
        first.setWaiter(31, at: 5)
        let next = try TakeoverJournal(descriptor: first.descriptor)
        var snapshot = Self.file(99)
        snapshot.waiter = 31
        var draft = Self.file(98, .draft)
        draft.isDirty = true
        #expect(next.openFiles.map(\.slot) == [5, 1_000_000])
        #expect(next.openFiles.map(\.file) == [snapshot, draft])
        next.noteClosed(5)
        #expect(first.openFiles.map(\.file) == [draft])
        first.noteOpen(Self.file(97), at: 1_000_000)
        #expect(next.openFiles.map(\.file) == [Self.file(97)])
    }

    @Test("Who was not told is there until they are, or the change has failed")
    func tellings() throws {
        let journal = try TakeoverJournal()
        journal.noteTelling(of: 0, revision: 4)
        journal.noteTelling(of: nil, revision: 5)
        journal.noteTelling(of: 0, revision: 6)
        journal.endTelling(of: 0, upTo: 5)
        #expect(journal.tellings.map(\.secret) == [nil, 0])
        #expect(journal.tellings.map(\.revision) == [5, 6])
        journal.endTelling(of: nil, upTo: 5)
        journal.noteTelling(of: 0, revision: 7)
        journal.withdrawTelling(revision: 7)
        #expect(journal.tellings.map(\.secret) == [0])
        #expect(journal.tellings.map(\.revision) == [6])
    }

    @Test("However many records follow, a change's note stays")
    func changesStay() throws {
        let journal = try TakeoverJournal()
        journal.noteChange(2, of: 1)
        for request in 2..<5000 { journal.noteRecord(1, isRefusal: false, of: UInt64(request)) }
        #expect(journal.changes(of: 1) == [2])
        #expect(journal.records(of: 4999).count == 1)
        #expect(journal.records(of: 2).isEmpty)
    }

    @Test("What failed is taken back, and nothing else")
    func withdrawn() throws {
        let journal = try TakeoverJournal()
        journal.noteRecord(4, isRefusal: false, of: 1)
        journal.noteRecord(5, isRefusal: false, of: 1)
        journal.noteRecord(6, isRefusal: false, of: 2)
        journal.noteChange(8, of: 1)
        journal.withdrawRecord(of: 1)
        journal.withdrawChange(of: 1)
        #expect(journal.records(of: 1).map(\.sequence) == [4])
        #expect(journal.records(of: 2).map(\.sequence) == [6])
        #expect(journal.changes(of: 1).isEmpty)
    }
}
