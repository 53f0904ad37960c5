internal import CofferCore
internal import Fuse
internal import Synchronization

/// The scratch files, by number and by name.
///
/// They are kept while they are open or have a name; a name goes an hour after the file was last closed.
final class ScratchFiles: Sendable {
    /// Where a scratch file has its name: a stage of a secret, which need not exist yet.
    struct Place: Hashable, Sendable {
        let secret: SecretName
        let label: StagingLabel
        let uid: UInt32
        let name: String
    }

    /// A file and its name in a listing.
    struct Named: Sendable {
        let name: String
        let file: ScratchFile
    }

    /// How many one user may have.
    static let limitPerUser = 256
    /// How long one stays that nobody has open, in seconds: a crashed editor finds what it left.
    static let idleSeconds: Int64 = 3600

    private struct Entry {
        let file: ScratchFile
        /// nil once it was removed, or renamed over a value.
        var place: Place?
        var openCount = 0
        var lastUse: Timestamp
    }

    private struct Table {
        var entries: [UInt64: Entry] = [:]
        var byPlace: [Place: UInt64] = [:]
        var countByUser: [UInt32: Int] = [:]
        var nextNumber: UInt64 = 1

        /// Takes a file's name away, and the file with it where nobody has it open.
        mutating func unname(_ number: UInt64) {
            guard let place = entries[number]?.place else { return }
            byPlace[place] = nil
            entries[number]?.place = nil
            dropIfUnused(number)
        }

        mutating func dropIfUnused(_ number: UInt64) {
            guard let entry = entries[number], entry.place == nil, entry.openCount == 0 else { return }
            entries[number] = nil
            let count = countByUser[entry.file.owner, default: 1] - 1
            countByUser[entry.file.owner] = count > 0 ? count : nil
        }
    }

    private let table = Mutex(Table())
    private let epoch: UInt64

    /// - Parameter epoch: distinguishes the numbers of processes that serve one mount one after another.
    init(epoch: UInt32 = 0) { self.epoch = UInt64(epoch) & 0x3ff }

    /// A number that no other scratch file has had, nor a draft, whose lowest bits are zeros.
    func takeNumber() -> UInt64 {
        table.withLock { table in
            defer { table.nextNumber += 1 }
            return epoch << 52 | table.nextNumber << 24 | 1
        }
    }

    subscript(number: UInt64) -> ScratchFile? { table.withLock { $0.entries[number]?.file } }

    subscript(place: Place) -> ScratchFile? {
        table.withLock { table in table.byPlace[place].flatMap { table.entries[$0]?.file } }
    }

    /// Keeps a new file at a name that is free, open once if it is said so.
    func insert(_ file: ScratchFile, at place: Place, isOpen: Bool, now: Timestamp) throws(Errno) {
        let failure = table.withLock { table -> Errno? in
            if table.byPlace[place] != nil { return .fileExists }
            guard table.countByUser[file.owner, default: 0] < Self.limitPerUser else { return .noSpace }
            table.entries[file.number] = Entry(
                file: file, place: place, openCount: isOpen ? 1 : 0, lastUse: now)
            table.byPlace[place] = file.number
            table.countByUser[file.owner, default: 0] += 1
            return nil
        }
        if let failure { throw failure }
    }

    /// Notes that a file was opened once more; nil if it is gone.
    func open(_ number: UInt64, now: Timestamp) -> ScratchFile? {
        table.withLock { table in
            table.entries[number]?.openCount += 1
            table.entries[number]?.lastUse = now
            return table.entries[number]?.file
        }
    }

    /// Notes that a file was closed once.
    func close(_ number: UInt64, now: Timestamp) {
        table.withLock { table in
            table.entries[number]?.openCount -= 1
            table.entries[number]?.lastUse = now
            table.dropIfUnused(number)
        }
    }

    /// Gives a file another name, and takes that from who had it.
    func move(_ number: UInt64, to place: Place, now: Timestamp) {
        table.withLock { table in
            guard let old = table.entries[number]?.place, old != place else { return }
            if let other = table.byPlace[place] { table.unname(other) }
            table.byPlace[old] = nil
            table.byPlace[place] = number
            table.entries[number]?.place = place
            table.entries[number]?.lastUse = now
        }
    }

    /// Takes a file's name away; who has it open keeps it.
    func remove(_ number: UInt64) { table.withLock { $0.unname(number) } }

    /// A user's files in a stage, in the order in which they were made.
    func files(in secret: SecretName, _ label: StagingLabel, of uid: UInt32) -> [Named] {
        let found = table.withLock { table -> [Named] in
            guard table.countByUser[uid] != nil else { return [] }
            return table.entries.values.compactMap { entry -> Named? in
                guard let place = entry.place, place.uid == uid, place.secret == secret, place.label == label
                else { return nil }
                return Named(name: place.name, file: entry.file)
            }
        }
        return found.sorted { $0.file.number < $1.file.number }
    }

    /// Forgets what nobody has opened for too long.
    func dropIdle(now: Timestamp) {
        table.withLock { table in
            let idle = table.entries.filter {
                $0.value.openCount == 0 && now.seconds - $0.value.lastUse.seconds >= Self.idleSeconds
            }
            for number in idle.keys { table.unname(number) }
        }
    }

    /// Forgets all of them.
    func removeAll() { table.withLock { $0 = Table() } }

    /// How many there are.
    var count: Int { table.withLock { $0.entries.count } }
}
