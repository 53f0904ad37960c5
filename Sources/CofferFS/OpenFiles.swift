internal import CofferCore
internal import Fuse
internal import SecretsManager
internal import Synchronization

/// A file that is open for reading: a snapshot of one version.
final class Snapshot: Sendable {
    let readable: ReadableVersion
    /// The thread that opened it.
    let thread: Int32
    /// Whether a mapping, sendfile or splice has filled the page cache through it.
    let hasFilledPageCache = Atomic<Bool>(false)
    /// Whether each read is decided anew. It follows the secret while the file is open.
    let isStrict: Atomic<Bool>

    init(_ readable: ReadableVersion, thread: Int32) {
        self.readable = readable
        self.thread = thread
        isStrict = Atomic(readable.isStrict)
    }

    /// Who waits in poll for another version.
    private let waiter = Mutex<PollHandle?>(nil)

    /// Keeps who waits, in the place of who waited before.
    func keep(_ handle: consuming PollHandle?) {
        guard let handle = handle.take() else { return }
        var kept: PollHandle? = consume handle
        waiter.withLock { $0 = kept.take() }
    }

    /// Wakes who waits; they ask again.
    func wakeWaiter() { waiter.withLock { $0.take() }?.wake() }
}

/// The files that are open, by handle and by node.
///
/// A handle says where its file stands in the table, and so finds it without a search: epoch of the process 10 bits,
/// generation 8, slot 20, and in the lowest 24 the sequence of the version that a snapshot reads, so that the handle says by itself what it reads.
///
/// The journal has a copy, in which the next process finds what is open.
final class OpenFiles: Sendable {
    enum File: Sendable {
        case snapshot(Snapshot)
        case draft(Draft)
        case scratch(OpenScratch)
        /// `metadata.json` as it was when it was opened.
        case text([UInt8], thread: Int32)
        /// What a process before this one had open, and nobody has used since.
        case left(JournaledFile)
    }

    /// Invariants: the slots of one node are a list from `newest` along `older` and back along `newer`; a slot without a
    /// file is in `free`, or its handle is taken by a draft that will come; the journal has an entry for each file.
    private struct Table {
        struct Slot {
            var handle: UInt64
            var node = InodeNumber(rawValue: 0)
            var file: File?
            var older = -1
            var newer = -1
        }

        static let slotBits: UInt64 = 20

        var slots: [Slot] = []
        var free: [Int] = []
        var newest: [InodeNumber: Int] = [:]
        /// The drafts of files that aren't in the tree yet.
        var scratch: [UInt64: Draft] = [:]
        var generation: UInt64 = 0
        var count = 0
        /// Which of the processes that serve the mount one after another this is.
        var epoch: UInt64 = 0
        /// Who opened what for reading lately: a ring of 1024.
        var readers = [(node: InodeNumber, thread: Int32)](repeating: (.root, 0), count: 1024)
        var nextReader = 0

        static func index(of handle: UInt64) -> Int { Int(handle >> 24 & (1 << slotBits - 1)) }

        mutating func takeHandle(sequence: UInt64 = 0) -> UInt64 {
            generation = epoch << 8 | (generation + 1) & 0xff
            let index = free.popLast() ?? slots.count
            let handle = generation << (24 + Self.slotBits) | UInt64(index) << 24 | sequence
            if index == slots.count {
                slots.append(Slot(handle: handle))
            } else {
                slots[index].handle = handle
            }
            return handle
        }

        /// Takes over what processes before this one have left open.
        mutating func take(_ left: [(slot: Int, file: JournaledFile)]) {
            for (slot, file) in left {
                while slots.count <= slot {
                    free.append(slots.count)
                    slots.append(Slot(handle: 0))
                }
                free.removeLast()
                slots[slot].handle = file.handle
                put(.left(file), at: file.node, handle: file.handle)
            }
        }

        mutating func put(_ file: File, at node: InodeNumber, handle: UInt64) {
            let index = Self.index(of: handle)
            let older = newest.updateValue(index, forKey: node) ?? -1
            if older >= 0 { slots[older].newer = index }
            slots[index].node = node
            slots[index].file = file
            slots[index].older = older
            slots[index].newer = -1
            count += 1
        }

        mutating func takeFile(_ handle: UInt64) -> (file: File, wasLast: Bool)? {
            let index = Self.index(of: handle)
            guard index < slots.count, slots[index].handle == handle, let file = slots[index].file.take()
            else { return nil }
            let slot = slots[index]
            if slot.older >= 0 { slots[slot.older].newer = slot.newer }
            if slot.newer >= 0 {
                slots[slot.newer].older = slot.older
            } else {
                newest[slot.node] = slot.older >= 0 ? slot.older : nil
            }
            free.append(index)
            count -= 1
            return (file, slot.older < 0 && slot.newer < 0)
        }

        mutating func noteRead(_ node: InodeNumber, by thread: Int32) {
            readers[nextReader] = (node, thread)
            nextReader = (nextReader + 1) & 1023
        }
    }

    private let table: Mutex<Table>
    private let journal: TakeoverJournal?

    /// - Parameters:
    ///   - epoch: distinguishes the handles of processes that serve one mount one after another.
    ///   - journal: what the process before has left, and what this one leaves.
    init(epoch: UInt32 = 0, journal: TakeoverJournal? = nil) {
        self.journal = journal
        var table = Table()
        table.epoch = UInt64(epoch) & 0x3ff
        table.take(journal?.openFiles ?? [])
        self.table = Mutex(table)
    }

    /// Whether a handle was given out by a process before this one.
    func isForeign(_ handle: UInt64) -> Bool { table.withLock { handle >> 52 & 0x3ff != $0.epoch } }

    /// The version that a handle says its snapshot reads; 0 for every other file.
    static func sequence(of handle: UInt64) -> UInt32 { UInt32(handle & 0xff_ffff) }

    /// Puts a file in the place of what was left of it.
    func adopt(_ file: File, handle: UInt64) {
        table.withLock { table in
            let index = Table.index(of: handle)
            guard case .left? = table.slots[index].file, table.slots[index].handle == handle else { return }
            table.slots[index].file = file
        }
    }

    /// What processes before this one have left open, and nobody has used since.
    var left: [JournaledFile] {
        table.withLock { table in
            table.slots.compactMap { slot in if case .left(let file)? = slot.file { file } else { nil } }
        }
    }

    /// Forgets what a request had opened that comes again: nobody has learnt of that handle.
    func forget(openedBy request: UInt64) {
        for file in left where file.request == request { _ = remove(file.handle) }
    }

    /// Notes for the next process whether a file has bytes that no version holds.
    func setDirty(_ isDirty: Bool, _ handle: UInt64) {
        journal?.setDirty(isDirty, at: Table.index(of: handle))
        table.withLock { table in
            let index = Table.index(of: handle)
            guard index < table.slots.count, table.slots[index].handle == handle,
                case .left(var file)? = table.slots[index].file
            else { return }
            file.isDirty = isDirty
            table.slots[index].file = .left(file)
        }
    }

    /// Notes for the next process who waits in poll on a file.
    func setWaiter(_ waiter: UInt64, _ handle: UInt64) {
        journal?.setWaiter(waiter, at: Table.index(of: handle))
    }

    /// A number for a draft, which is its handle too: `insert` must follow, or `forget`.
    func draftNumber() -> UInt64 { table.withLock { $0.takeHandle() } }

    /// Gives back the number of a draft that was never inserted.
    func forget(_ number: UInt64) { table.withLock { $0.free.append(Table.index(of: number)) } }

    /// Whether a thread has opened a node for reading lately.
    func wasRead(_ node: InodeNumber, by thread: Int32) -> Bool {
        table.withLock { $0.readers.contains { $0.node == node && $0.thread == thread } }
    }

    /// Keeps a file that a request opened; returns its handle.
    func insert(_ file: File, at node: InodeNumber, for request: Request) -> UInt64 {
        table.withLock { table in
            if case .snapshot(let snapshot) = file { table.noteRead(node, by: snapshot.thread) }
            let handle: UInt64 =
                switch file {
                case .draft(let draft): draft.number
                case .snapshot(let snapshot):
                    table.takeHandle(sequence: UInt64(snapshot.readable.version.sequence))
                case .text, .scratch, .left: table.takeHandle()
                }
            if let journal {
                let entry = JournaledFile(
                    handle: handle, node: node, kind: file.kind, uid: request.uid, thread: request.pid,
                    request: request.number)
                journal.noteOpen(entry, at: Table.index(of: handle))
            }
            table.put(file, at: node, handle: handle)
            if case .draft(let draft) = file, case .scratch? = Node(node) { table.scratch[handle] = draft }
            return handle
        }
    }

    subscript(handle: UInt64) -> File? {
        table.withLock { table in
            let index = Table.index(of: handle)
            guard index < table.slots.count, table.slots[index].handle == handle else { return nil }
            return table.slots[index].file
        }
    }

    /// Forgets a file that was closed; tells it, and whether it was the last one open at its node.
    func remove(_ handle: UInt64) -> (file: File, wasLast: Bool)? {
        table.withLock { table in
            guard let removed = table.takeFile(handle) else { return nil }
            journal?.noteClosed(Table.index(of: handle))
            if case .draft = removed.file { table.scratch[handle] = nil }
            return removed
        }
    }

    /// The files that are open at a node, oldest first.
    func files(at node: InodeNumber) -> [File] {
        table.withLock { table in
            var found: [File] = []
            var index = table.newest[node] ?? -1
            while index >= 0 {
                if let file = table.slots[index].file { found.append(file) }
                index = table.slots[index].older
            }
            return found.reversed()
        }
    }

    /// The draft of a file that isn't in the tree yet, by where it was opened.
    func draft(at parent: Node, named name: String, openedBy uid: UInt32) -> Draft? {
        table.withLock { table in
            table.scratch.values.first { $0.parent == parent && $0.name == name && $0.opener.uid == uid }
        }
    }

    /// The draft with a number.
    func draft(_ number: UInt64) -> Draft? {
        guard case .draft(let draft)? = self[number] else { return nil }
        return draft
    }

    /// Takes the name of a draft away that isn't in the tree yet, and what it would have become.
    func discard(_ number: UInt64) {
        let draft = table.withLock { $0.scratch.removeValue(forKey: number) }
        draft?.discard()
    }

    /// The snapshots of a secret that are open.
    func snapshots(of secret: UInt32) -> [Snapshot] {
        table.withLock { table in
            table.slots.compactMap { slot in
                guard case .snapshot(let snapshot)? = slot.file, snapshot.readable.secret == secret else {
                    return nil
                }
                return snapshot
            }
        }
    }

    /// Whether a version of a secret is open for reading.
    func isOpen(_ secret: UInt32, sequence: UInt32) -> Bool {
        table.withLock { table in
            table.slots.contains { slot in
                guard let file = slot.file, Self.sequence(of: slot.handle) == sequence,
                    case .file(secret, _, _)? = Node(slot.node)
                else { return false }
                return file.kind == .snapshot
            }
        }
    }

    /// How many files are open, and how many of them are being written.
    var counts: (open: Int, drafts: Int) {
        table.withLock { table in
            let drafts = table.slots.count { if case .draft = $0.file { true } else { false } }
            return (table.count, drafts)
        }
    }
}

extension OpenFiles.File {
    var kind: JournaledFile.Kind {
        switch self {
        case .snapshot: .snapshot
        case .draft: .draft
        case .scratch: .scratch
        case .text: .text
        case .left(let file): file.kind
        }
    }
}
