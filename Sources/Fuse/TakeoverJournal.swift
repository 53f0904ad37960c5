import CFuse
import Glibc

/// What a process that serves leaves behind for the next one, in memory that both map: which requests had taken effect
/// without an answer, which files were open, what watchers were still to be told of, and what it was working on.
///
/// Each entry is written before the effect and says how the next process can tell whether it came. The memory holds numbers
/// only. One process writes at a time; it may be killed between any two stores.
///
/// Unchecked: every access goes by atomic loads and stores of whole words.
@safe
public final class TakeoverJournal: @unchecked Sendable {
    /// Entries of which each new one takes the place of the oldest.
    struct Ring {
        /// The word that counts the entries.
        let counter: Int
        let start: Int
        let count: Int
        /// Words of an entry; the first is what it is found by, 0 where there is none.
        static let entryWords = 4

        var end: Int { start + count * Self.entryWords }

        func place(_ index: UInt64) -> Int { start + Int(index % UInt64(count)) * Self.entryWords }
        var places: [Int] { (0..<UInt64(count)).map(place) }
    }

    /// What stands where, in words. Of the large table at the end only what is used takes memory.
    enum Layout {
        /// The process that makes events.
        static let eventProcess = 0
        /// The highest number of a request that was read.
        static let highest = 3
        /// Which of the processes that serve one after another has its turn.
        static let epoch = 4
        /// The highest revision that the store has, or was about to have.
        static let revision = 8
        /// The end of the part of `files` that was ever used, in files.
        static let fileEnd = 5
        /// Request, number of the record, whether it is a refusal.
        static let records = Ring(counter: 1, start: 64, count: 1024)
        /// Request, revision. Apart from the records: a change waits for the disk, and many files may be opened meanwhile.
        static let changes = Ring(counter: 2, start: records.end, count: 1024)
        /// Revision, secret.
        static let tellings = Ring(counter: 6, start: changes.end, count: 256)
        /// Request.
        static let suspects = Ring(counter: 7, start: tellings.end, count: 64)
        /// The request that each thread works on.
        static let work = suspects.end
        static let workCount = 64
        static let files = work + workCount
        static let fileWords = 8
        /// As many as handles can tell apart.
        static let fileCount = 1 << 20
        static let byteCount = (files + fileCount * fileWords) * 8
    }

    /// The descriptor of the memory, for the next process.
    public let descriptor: Int32
    private let words: UnsafeMutablePointer<UInt64>

    /// Makes an empty one.
    public convenience init() throws(Errno) {
        let descriptor = try SharedMemory.make("coffer takeover")
        guard ftruncate(descriptor, Layout.byteCount) == 0 else { throw .current }
        try self.init(descriptor: descriptor)
    }

    /// Maps one that another process made.
    public init(descriptor: Int32) throws(Errno) {
        let mapped = unsafe mmap(
            nil, Layout.byteCount, PROT_READ | PROT_WRITE, MAP_SHARED | Int32(MAP_NORESERVE), descriptor, 0)
        guard let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else { throw .current }
        self.descriptor = descriptor
        unsafe words = mapped.bindMemory(to: UInt64.self, capacity: Layout.byteCount / 8)
    }

    deinit { unsafe munmap(words, Layout.byteCount) }

    subscript(index: Int) -> UInt64 {
        get { unsafe coffer_load(words + index) }
        set { unsafe coffer_store(words + index, newValue) }
    }

    /// The process that makes events for watchers, which may be in the middle of a call when its parent is killed.
    public var eventProcess: Int32 {
        get { Int32(truncatingIfNeeded: self[Layout.eventProcess]) }
        set { self[Layout.eventProcess] = UInt64(UInt32(bitPattern: newValue)) }
    }

    /// Which of the processes that serve one after another has its turn, from 0 on.
    public var epoch: UInt32 {
        get { UInt32(truncatingIfNeeded: self[Layout.epoch]) }
        set { self[Layout.epoch] = UInt64(newValue) }
    }

    /// The highest number of a request that any process has read and was to answer.
    public var highestRequest: UInt64 { self[Layout.highest] }

    /// Notes that a request was read, by whichever thread.
    func noteRead(_ request: UInt64) { unsafe coffer_raise(words + Layout.highest, request) }

    /// Notes that a request is about to have the audit record of this number, of a refusal or not.
    public func noteRecord(_ sequence: UInt64, isRefusal: Bool, of request: UInt64) {
        note(request, sequence, isRefusal ? 1 : 0, in: Layout.records)
    }

    /// Notes that a request is about to be the store's revision of this number.
    public func noteChange(_ revision: UInt64, of request: UInt64) {
        note(request, revision, 0, in: Layout.changes)
    }

    /// Notes that the store is at this revision, or about to be.
    public func noteRevision(_ revision: UInt64) { unsafe coffer_raise(words + Layout.revision, revision) }

    /// The highest revision noted; 0 where none was.
    public var highestRevision: UInt64 { self[Layout.revision] }

    /// Takes back the newest record noted of a request.
    public func withdrawRecord(of request: UInt64) {
        let newest = places(of: request, in: Layout.records).max { self[$0 + 1] < self[$1 + 1] }
        if let newest { self[newest] = 0 }
    }

    /// Takes back the changes noted of a request.
    public func withdrawChange(of request: UInt64) {
        for place in places(of: request, in: Layout.changes) { self[place] = 0 }
    }

    /// The records noted of a request.
    public func records(of request: UInt64) -> [(sequence: UInt64, isRefusal: Bool)] {
        places(of: request, in: Layout.records).map { (self[$0 + 1], self[$0 + 2] != 0) }
    }

    /// The revisions noted of a request.
    public func changes(of request: UInt64) -> [UInt64] {
        places(of: request, in: Layout.changes).map { self[$0 + 1] }
    }

    private func note(_ request: UInt64, _ number: UInt64, _ flag: UInt64, in ring: Ring) {
        let place = newPlace(in: ring)
        self[place + 1] = number
        self[place + 2] = flag
        self[place] = request
    }

    /// The place of a ring's next entry, empty.
    func newPlace(in ring: Ring) -> Int {
        let place = ring.place(unsafe coffer_add(words + ring.counter, 1))
        self[place] = 0
        return place
    }

    /// The places of the entries that are found by a number.
    func places(of number: UInt64, in ring: Ring) -> [Int] { ring.places.filter { self[$0] == number } }
}

// Changes that were committed, and that the kernel and its watchers were not told of yet.
extension TakeoverJournal {
    /// Notes a change that is about to be committed: the store's revision that it will be, and the secret's serial; nil where
    /// it concerns many.
    public func noteTelling(of secret: UInt32?, revision: UInt64) {
        let place = newPlace(in: Layout.tellings)
        self[place + 1] = secret.map { UInt64($0) + 1 } ?? 0
        self[place] = revision
    }

    /// Takes back what is noted of a revision: the change did not come.
    public func withdrawTelling(revision: UInt64) {
        for place in places(of: revision, in: Layout.tellings) { self[place] = 0 }
    }

    /// Everybody has been told of a secret's changes up to a revision.
    public func endTelling(of secret: UInt32?, upTo revision: UInt64) {
        let word = secret.map { UInt64($0) + 1 } ?? 0
        for place in Layout.tellings.places
        where self[place] != 0 && self[place] <= revision && self[place + 1] == word { self[place] = 0 }
    }

    /// The changes that nobody may have been told of.
    public var tellings: [(secret: UInt32?, revision: UInt64)] {
        Layout.tellings.places.filter { self[$0] != 0 }.map { place in
            (self[place + 1] == 0 ? nil : UInt32(truncatingIfNeeded: self[place + 1] - 1), self[place])
        }
    }
}
