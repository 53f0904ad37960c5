internal import CofferCore
public import Fuse
internal import SecretsManager
internal import Synchronization

/// One process after another serves the mount: what one has left, and what it leaves itself.
public final class Takeover: Sendable {
    /// Which of them this is, from 0 on.
    public let epoch: UInt32
    let journal: TakeoverJournal
    /// The process that made events for the one before.
    let formerEventProcess: Int32

    private struct State {
        var free: [Int]
        /// Drafts of processes before this one that are still open.
        var orphans: [UInt64: (place: Int, isDirty: Bool)] = [:]
    }

    private let state: Mutex<State>

    public init(journal: TakeoverJournal, epoch: UInt32) {
        self.journal = journal
        self.epoch = epoch
        formerEventProcess = journal.eventProcess
        var state = State(free: journal.freeDraftPlaces)
        for draft in journal.openDrafts { state.orphans[draft.handle] = (draft.place, draft.isDirty) }
        self.state = Mutex(state)
    }

    /// A place for a new draft; nil where there is none left: the next process then takes it for uncommitted.
    func mark(_ handle: UInt64) -> DraftMark? {
        guard let place = state.withLock({ $0.free.popLast() }) else { return nil }
        journal.setDraft(handle, at: place)
        return DraftMark(self, place)
    }

    fileprivate func release(_ place: Int) {
        journal.setDraft(0, at: place)
        state.withLock { $0.free.append(place) }
    }

    /// Whether a process before this one has left a draft with uncommitted bytes; nil where it has left none of this handle.
    func isDraftDirty(_ handle: UInt64) -> Bool? { state.withLock { $0.orphans[handle]?.isDirty } }

    /// The last close of such a draft.
    func forgetDraft(_ handle: UInt64) {
        guard let orphan = state.withLock({ $0.orphans.removeValue(forKey: handle) }) else { return }
        release(orphan.place)
    }

    /// Notes that such a draft's bytes were committed after all.
    func noteCommitted(_ handle: UInt64) {
        state.withLock { state in
            guard let orphan = state.orphans[handle] else { return }
            state.orphans[handle]?.isDirty = false
            journal.setDirty(false, at: orphan.place)
        }
    }
}

/// A draft's entry in the journal, freed with it.
final class DraftMark: Sendable {
    private let takeover: Takeover
    private let place: Int

    fileprivate init(_ takeover: Takeover, _ place: Int) {
        self.takeover = takeover
        self.place = place
    }

    deinit { takeover.release(place) }

    func setDirty(_ isDirty: Bool) { takeover.journal.setDirty(isDirty, at: place) }
}

// Files that a process before this one had open.
extension CofferFileSystem {
    /// The file of a handle. A snapshot of a process before this one is opened anew: its handle says what it reads.
    func file(_ handle: UInt64, at inode: InodeNumber, for request: Request) -> OpenFiles.File? {
        if let file = files[handle] { return file }
        guard takeover != nil, files.isForeign(handle) else { return nil }
        let file: OpenFiles.File
        switch Node(inode) {
        case .file(let serial, _, let member)?:
            let sequence = OpenFiles.sequence(of: handle)
            guard sequence != 0,
                let readable = manager.reopen(
                    caller(request), secret: serial, sequence: sequence, member: member)
            else { return nil }
            file = .snapshot(Snapshot(readable, thread: request.pid))
        case .metadata(let serial)?:
            guard let view = manager.view(serial, for: caller(request)) else { return nil }
            file = .text(Array(manager.description(of: view).fileText.utf8), thread: request.pid)
        default:
            return nil
        }
        files.adopt(file, handle: handle, at: inode)
        return file
    }

    /// Whether a process that ended before it could answer had made the change that a request asks for.
    func wasDone(_ request: Request) -> Bool {
        request.isResent && manager.wasCommitted(request: request.number)
    }

    /// What using a handle that stands for nothing here answers: what a process before this one had in its memory is lost.
    func missing(_ handle: UInt64) -> Errno { files.isForeign(handle) ? .ioError : .badFileDescriptor }

    /// What a close or fsync of a handle answers that this process doesn't know; nil for success.
    func outcome(ofClosing handle: UInt64, at node: InodeNumber, for request: Request) -> Errno? {
        guard let takeover, files.isForeign(handle) else { return nil }
        if wasDone(request) {
            takeover.noteCommitted(handle)
            return nil
        }
        if let isDirty = takeover.isDraftDirty(handle) { return isDirty ? .ioError : nil }
        // A scratch file, or a draft for which there was no room in the journal.
        return OpenFiles.sequence(of: handle) == 0 ? .ioError : nil
    }
}
