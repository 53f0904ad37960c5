import CFuse
import Glibc

/// What a process that serves leaves behind for the next one, in memory that both map: which requests had taken effect
/// without an answer, and which drafts were open.
///
/// Each entry is written before the effect and says how the next process can tell whether it came. The memory holds numbers
/// only. One process writes at a time; it may be killed between any two stores.
///
/// Unchecked: every access goes by atomic loads and stores of whole words.
@safe
public final class TakeoverJournal: @unchecked Sendable {
    /// Entries of which each new one takes the place of the oldest.
    private struct Ring {
        /// The word that counts the entries.
        let counter: Int
        let start: Int
        let count: Int
        /// Words of an entry: request, number of the record or revision, whether it is a refusal.
        static let entryWords = 4

        var end: Int { start + count * Self.entryWords }

        func place(_ index: UInt64) -> Int { start + Int(index % UInt64(count)) * Self.entryWords }
    }

    // Words. Header: 0 the process that makes events, 1 and 2 the counters, 3 the highest request read.
    private static let highest = 3
    private static let records = Ring(counter: 1, start: 16, count: 1024)
    /// Apart from the records: a change waits for the disk, and many files may be opened meanwhile.
    private static let changes = Ring(counter: 2, start: records.end, count: 1024)
    private static let drafts = changes.end
    private static let draftCount = 8192
    /// Words of a draft: handle, whether something is uncommitted.
    private static let draftWords = 2
    private static let byteCount = (drafts + draftCount * draftWords) * 8

    /// The descriptor of the memory, for the next process.
    public let descriptor: Int32
    private let words: UnsafeMutablePointer<UInt64>

    /// Makes an empty one.
    public convenience init() throws(Errno) {
        let descriptor = unsafe coffer_memfd("coffer takeover")
        guard descriptor >= 0, ftruncate(descriptor, Self.byteCount) == 0 else { throw .current }
        try self.init(descriptor: descriptor)
    }

    /// Maps one that another process made.
    public init(descriptor: Int32) throws(Errno) {
        let mapped = unsafe mmap(
            nil, Self.byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        guard let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else { throw .current }
        self.descriptor = descriptor
        unsafe words = mapped.bindMemory(to: UInt64.self, capacity: Self.byteCount / 8)
    }

    deinit { unsafe munmap(words, Self.byteCount) }

    private subscript(index: Int) -> UInt64 {
        get { unsafe coffer_load(words + index) }
        set { unsafe coffer_store(words + index, newValue) }
    }

    /// The process that makes events for watchers, which may be in the middle of a call when its parent is killed.
    public var eventProcess: Int32 {
        get { Int32(truncatingIfNeeded: self[0]) }
        set { self[0] = UInt64(UInt32(bitPattern: newValue)) }
    }

    /// The highest number of a request that any process has read and was to answer.
    public var highestRequest: UInt64 { self[Self.highest] }

    /// Notes that a request was read, by whichever thread.
    func noteRead(_ request: UInt64) { unsafe coffer_raise(words + Self.highest, request) }

    /// Notes that a request is about to have the audit record of this number, of a refusal or not.
    public func noteRecord(_ sequence: UInt64, isRefusal: Bool, of request: UInt64) {
        note(request, sequence, isRefusal ? 1 : 0, in: Self.records)
    }

    /// Notes that a request is about to be the store's revision of this number.
    public func noteChange(_ revision: UInt64, of request: UInt64) {
        note(request, revision, 0, in: Self.changes)
    }

    /// Takes back the newest record noted of a request.
    public func withdrawRecord(of request: UInt64) {
        let newest = places(of: request, in: Self.records).max { self[$0 + 1] < self[$1 + 1] }
        if let newest { self[newest] = 0 }
    }

    /// Takes back the changes noted of a request.
    public func withdrawChange(of request: UInt64) {
        for place in places(of: request, in: Self.changes) { self[place] = 0 }
    }

    /// The records noted of a request.
    public func records(of request: UInt64) -> [(sequence: UInt64, isRefusal: Bool)] {
        places(of: request, in: Self.records).map { (self[$0 + 1], self[$0 + 2] != 0) }
    }

    /// The revisions noted of a request.
    public func changes(of request: UInt64) -> [UInt64] {
        places(of: request, in: Self.changes).map { self[$0 + 1] }
    }

    private func note(_ request: UInt64, _ number: UInt64, _ flag: UInt64, in ring: Ring) {
        let place = ring.place(unsafe coffer_add(words + ring.counter, 1))
        self[place] = 0
        self[place + 1] = number
        self[place + 2] = flag
        self[place] = request
    }

    private func places(of request: UInt64, in ring: Ring) -> [Int] {
        (0..<UInt64(ring.count)).map(ring.place).filter { self[$0] == request }
    }

    /// The places of drafts that are free; a process that takes over takes what is left by `draftPlaces`.
    public var freeDraftPlaces: [Int] {
        (0..<Self.draftCount).filter { self[Self.drafts + $0 * Self.draftWords] == 0 }
    }

    /// The drafts that were open when the process before ended: handle, place, and whether something was uncommitted.
    public var openDrafts: [(handle: UInt64, place: Int, isDirty: Bool)] {
        (0..<Self.draftCount).compactMap { place in
            let word = Self.drafts + place * Self.draftWords
            return self[word] == 0 ? nil : (self[word], place, self[word + 1] != 0)
        }
    }

    /// Notes a draft at a place; handle 0 frees it.
    public func setDraft(_ handle: UInt64, at place: Int) {
        self[Self.drafts + place * Self.draftWords + 1] = 0
        self[Self.drafts + place * Self.draftWords] = handle
    }

    /// Notes whether a draft has bytes that no version holds.
    public func setDirty(_ isDirty: Bool, at place: Int) {
        self[Self.drafts + place * Self.draftWords + 1] = isDirty ? 1 : 0
    }
}
