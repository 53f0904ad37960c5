/// An open file, as the process finds it that serves after the one it was opened by.
public struct JournaledFile: Hashable, Sendable {
    public enum Kind: UInt64, Sendable {
        /// Read, of one version.
        case snapshot = 1
        /// Written, not in the tree before it is committed.
        case draft
        /// A text that was made at its opening.
        case text
        /// In the memory of the process that is gone.
        case scratch
    }

    public let handle: UInt64
    public let node: InodeNumber
    public let kind: Kind
    /// Who opened it.
    public let uid: UInt32
    /// The thread that opened it.
    public let thread: Int32
    /// The request that opened it; once more where nobody has learnt of the handle.
    public let request: UInt64
    /// Whether it has bytes that no version holds.
    public var isDirty = false
    /// The kernel's number for who waits in poll on it; 0 where nobody does. FUSE: `fuse_poll_in.kh`
    public var waiter: UInt64 = 0

    public init(
        handle: UInt64, node: InodeNumber, kind: Kind, uid: UInt32, thread: Int32, request: UInt64,
        isDirty: Bool = false, waiter: UInt64 = 0
    ) {
        self.handle = handle
        self.node = node
        self.kind = kind
        self.uid = uid
        self.thread = thread
        self.request = request
        self.isDirty = isDirty
        self.waiter = waiter
    }
}

// The files that are open: a table that a handle's slot leads into. Words of an entry: handle (0: free), node, who opened it
// (UID, thread), the request, kind, whether it is dirty, waiter.
extension TakeoverJournal {
    private func word(_ slot: Int) -> Int { Layout.files + slot * Layout.fileWords }

    /// Notes a file that is about to be open. One thread at a time calls this.
    public func noteOpen(_ file: JournaledFile, at slot: Int) {
        precondition(slot < Layout.fileCount, "more files are open than handles can tell apart")
        let word = word(slot)
        self[word + 1] = file.node.rawValue
        self[word + 2] = UInt64(file.uid) << 32 | UInt64(UInt32(bitPattern: file.thread))
        self[word + 3] = file.request
        self[word + 4] = file.kind.rawValue
        self[word + 5] = file.isDirty ? 1 : 0
        self[word + 6] = file.waiter
        self[word] = file.handle
        if slot >= self[Layout.fileEnd] { self[Layout.fileEnd] = UInt64(slot) + 1 }
    }

    /// Notes that a file is no longer open.
    public func noteClosed(_ slot: Int) { self[word(slot)] = 0 }

    /// Forgets a file that was closed while nobody served.
    public func forgetFile(_ handle: UInt64) {
        for (slot, file) in openFiles where file.handle == handle { noteClosed(slot) }
    }

    /// Forgets what requests had opened whose callers were told that they failed.
    public func forgetFiles(openedBy requests: [UInt64]) {
        for (slot, file) in openFiles where requests.contains(file.request) { noteClosed(slot) }
    }

    /// Notes whether a file has bytes that no version holds.
    public func setDirty(_ isDirty: Bool, at slot: Int) { self[word(slot) + 5] = isDirty ? 1 : 0 }

    /// Notes who waits in poll on a file.
    public func setWaiter(_ waiter: UInt64, at slot: Int) { self[word(slot) + 6] = waiter }

    /// The files that are open, by their slots.
    public var openFiles: [(slot: Int, file: JournaledFile)] {
        (0..<Int(self[Layout.fileEnd])).compactMap { slot in
            let word = word(slot)
            guard self[word] != 0, let kind = JournaledFile.Kind(rawValue: self[word + 4]) else { return nil }
            let file = JournaledFile(
                handle: self[word], node: InodeNumber(rawValue: self[word + 1]), kind: kind,
                uid: UInt32(self[word + 2] >> 32),
                thread: Int32(bitPattern: UInt32(truncatingIfNeeded: self[word + 2])),
                request: self[word + 3], isDirty: self[word + 5] != 0, waiter: self[word + 6])
            return (slot, file)
        }
    }
}
