internal import CofferCore
public import Fuse
internal import SecretsManager
internal import Synchronization

/// One process after another serves the mount: what one has left, and what it leaves itself.
public struct Takeover: Sendable {
    /// Which of them this is, from 0 on.
    public let epoch: UInt32
    let journal: TakeoverJournal
    /// The process that made events for the one before.
    let formerEventProcess: Int32

    public init(journal: TakeoverJournal, epoch: UInt32) {
        self.journal = journal
        self.epoch = epoch
        formerEventProcess = journal.eventProcess
    }
}

/// A draft's entry in the journal.
struct DraftMark: Sendable {
    let files: OpenFiles
    let handle: UInt64

    func setDirty(_ isDirty: Bool) { files.setDirty(isDirty, handle) }
}

// Files that a process before this one had open.
extension CofferFileSystem {
    /// The file of a handle. What a process before this one had open for reading is opened anew: its handle says what it reads.
    func file(_ handle: UInt64, at inode: InodeNumber, for request: Request) -> OpenFiles.File? {
        let file = files[handle]
        guard case .left(let left)? = file else { return file }
        let opened: OpenFiles.File
        switch (left.kind, Node(inode)) {
        case (.snapshot, .file(let serial, _, let member)?):
            let opener = Caller(uid: left.uid, gid: left.uid, pid: left.thread, door: .mount)
            guard
                let readable = manager.reopen(
                    secret: serial, sequence: OpenFiles.sequence(of: handle), member: member, openedBy: opener
                )
            else { return nil }
            opened = .snapshot(Snapshot(readable, thread: left.thread))
        case (.text, .metadata(let serial)?):
            guard let view = manager.view(serial, for: caller(request)) else { return nil }
            opened = .text(Array(manager.description(of: view).fileText.utf8), thread: left.thread)
        default:
            return nil
        }
        files.adopt(opened, handle: handle)
        return opened
    }

    /// The version that a process before this one had opened for reading.
    func openVersion(of file: JournaledFile) -> VersionRecord? {
        guard file.kind == .snapshot, case .file(let serial, _, _)? = Node(file.node) else { return nil }
        return manager.record(serial)?.version(sequence: OpenFiles.sequence(of: file.handle))
    }

    /// Tells the kernel, and who waits, what the process before may not have told any more; once the session has its connection.
    public func tellWhatWasLeft() {
        guard let kernel = notifications.withLock({ $0 }) else { return }
        let left = files.left
        // What mappings and sendfile brought into the page cache, and which version that was, isn't known here.
        for node in Set(left.map(\.node)) { kernel.invalidateInode(node) }
        for file in left where file.waiter != 0 { kernel.wake(waiter: file.waiter) }
        for (secret, revision) in manager.untold { announceAgain(secret, revision: revision, kernel) }
    }

    /// Whether a process that ended before it could answer had made the change that a request asks for.
    func wasDone(_ request: Request) -> Bool {
        request.isResent && manager.wasCommitted(request: request.number)
    }

    /// What using a handle that stands for nothing here answers: what a process before this one had in its memory is lost.
    func missing(_ handle: UInt64) -> Errno { files.isForeign(handle) ? .ioError : .badFileDescriptor }

    /// What a close or fsync of a file answers that a process before this one had open; nil for success.
    func outcome(ofClosing file: JournaledFile, for request: Request) -> Errno? {
        if wasDone(request) {
            files.setDirty(false, file.handle)
            return nil
        }
        return file.isDirty ? .ioError : nil
    }
}
