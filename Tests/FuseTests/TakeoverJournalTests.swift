import Fuse
import Testing

@Suite("What one process leaves for the next")
struct TakeoverJournalTests {
    @Test("Notes and drafts are there for who maps the memory next")
    func handedOn() throws {
        let first = try TakeoverJournal()
        first.eventProcess = 4711
        first.noteRecord(7, isRefusal: true, of: 10)
        first.noteChange(3, of: 10)
        first.setDraft(99, at: 5)
        first.setDirty(true, at: 5)
        first.setDraft(98, at: 6)
        let next = try TakeoverJournal(descriptor: first.descriptor)
        #expect(next.eventProcess == 4711)
        #expect(next.records(of: 10).map(\.sequence) == [7])
        #expect(next.records(of: 10).map(\.isRefusal) == [true])
        #expect(next.changes(of: 10) == [3])
        #expect(next.records(of: 11).isEmpty && next.changes(of: 11).isEmpty)
        #expect(next.openDrafts.map(\.handle) == [99, 98])
        #expect(next.openDrafts.map(\.isDirty) == [true, false])
        #expect(!next.freeDraftPlaces.contains(5))
        next.setDraft(0, at: 5)
        #expect(first.openDrafts.map(\.handle) == [98])
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
