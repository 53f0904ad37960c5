import Fuse
import Testing

@Suite("What one process leaves for the next")
struct TakeoverJournalTests {
    @Test("Notes and drafts are there for who maps the memory next")
    func handedOn() throws {
        let first = try TakeoverJournal()
        first.eventProcess = 4711
        first.note(request: 10, sequence: 7, revision: 0)
        first.note(request: 10, sequence: 0, revision: 3)
        first.setDraft(99, at: 5)
        first.setDirty(true, at: 5)
        first.setDraft(98, at: 6)
        let next = try TakeoverJournal(descriptor: first.descriptor)
        #expect(next.eventProcess == 4711)
        #expect(next.notes(of: 10).map(\.sequence) == [7, 0])
        #expect(next.notes(of: 10).map(\.revision) == [0, 3])
        #expect(next.notes(of: 11).isEmpty)
        #expect(next.openDrafts.map(\.handle) == [99, 98])
        #expect(next.openDrafts.map(\.isDirty) == [true, false])
        #expect(!next.freeDraftPlaces.contains(5))
        next.setDraft(0, at: 5)
        #expect(first.openDrafts.map(\.handle) == [98])
    }

    @Test("However many records follow, a change's note stays")
    func changesStay() throws {
        let journal = try TakeoverJournal()
        journal.note(request: 1, sequence: 0, revision: 2)
        for request in 2..<5000 { journal.note(request: UInt64(request), sequence: 1, revision: 0) }
        #expect(journal.notes(of: 1).map(\.revision) == [2])
        #expect(journal.notes(of: 4999).count == 1)
        #expect(journal.notes(of: 2).isEmpty)
    }
}
