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

    init(_ readable: ReadableVersion, thread: Int32) {
        self.readable = readable
        self.thread = thread
    }
}

/// The files that are open, by handle and by node.
///
/// A snapshot's handle carries its version's sequence in the lower 24 bits, so that it says by itself what it reads.
final class OpenFiles: Sendable {
    enum File: Sendable {
        case snapshot(Snapshot)
        case draft(Draft)
        /// `metadata.json` as it was when it was opened.
        case text([UInt8], thread: Int32)
    }

    private struct Table {
        var files: [UInt64: (node: InodeNumber, file: File)] = [:]
        /// The handles of each node, in the order in which they were opened.
        var byNode: [InodeNumber: [UInt64]] = [:]
        /// The drafts of files that aren't in the tree yet.
        var scratch: [UInt64: Draft] = [:]
        var next: UInt64 = 1

        mutating func takeNumber() -> UInt64 {
            defer { next += 1 }
            return next
        }
    }

    private let table = Mutex(Table())

    /// A number for a draft, which is its handle too.
    func draftNumber() -> UInt64 { table.withLock { $0.takeNumber() << 24 } }

    /// Keeps an open file; returns its handle.
    func insert(_ file: File, at node: InodeNumber) -> UInt64 {
        table.withLock { table in
            let handle: UInt64 =
                switch file {
                case .draft(let draft): draft.number
                case .snapshot(let snapshot):
                    table.takeNumber() << 24 | UInt64(snapshot.readable.version.sequence)
                case .text: table.takeNumber() << 24
                }
            table.files[handle] = (node, file)
            if case .draft(let draft) = file, case .scratch? = Node(node) { table.scratch[handle] = draft }
            table.byNode[node, default: []].append(handle)
            return handle
        }
    }

    subscript(handle: UInt64) -> File? { table.withLock { $0.files[handle]?.file } }

    /// Forgets a file that was closed; tells it, and whether it was the last one open at its node.
    func remove(_ handle: UInt64) -> (file: File, wasLast: Bool)? {
        table.withLock { table in
            guard let (node, file) = table.files.removeValue(forKey: handle) else { return nil }
            table.scratch[handle] = nil
            table.byNode[node]?.removeAll { $0 == handle }
            let wasLast = table.byNode[node]?.isEmpty ?? true
            if wasLast { table.byNode[node] = nil }
            return (file, wasLast)
        }
    }

    /// The files that are open at a node, oldest first.
    func files(at node: InodeNumber) -> [File] {
        table.withLock { table in
            (table.byNode[node] ?? []).compactMap { table.files[$0]?.file }
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

    /// How many files are open, and how many of them are being written.
    var counts: (open: Int, drafts: Int) {
        table.withLock { table in
            let drafts = table.files.values.count { if case .draft = $0.file { true } else { false } }
            return (table.files.count, drafts)
        }
    }
}
