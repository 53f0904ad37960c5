internal import CofferCore
internal import Fuse
internal import SecretMemory
internal import SecretsManager
internal import Synchronization

/// A file that is being written: private to who opened it, in guarded memory, until it is committed.
final class Draft: Sendable {
    /// What writing has done so far.
    struct State: ~Copyable {
        /// The bytes; nil until they are first needed.
        var file: SecretBytes?
        /// Whether bytes were written (or the size set) since the last commit.
        var isDirty = false
        /// Whether the draft began empty or was cut to nothing, so that the base's bytes aren't wanted.
        var isTruncated: Bool
        /// Why the draft can't be committed any more; what was written is lost as a whole, never in part.
        var failure: Errno?
        /// Whether its name was removed before there was a version.
        var isDiscarded = false
        /// The version that this open file has made.
        var committed: WrittenVersion?
        /// What the labelled version must be when the draft is committed, if the writer has said so.
        var expected: ExpectedVersion?
    }

    let number: UInt64
    let target: DraftTarget
    /// The directory and name at which it was opened.
    let parent: Node
    let name: String
    let base: ReadableVersion?
    /// Who opened it, and the process they opened it in.
    let opener: Caller
    let process: Int32
    let isReadable: Bool
    let state: Mutex<State>
    private let charge: MemoryCharge
    /// What the next process would be told of it.
    private let mark: DraftMark?
    /// Whether a mapping, sendfile or splice has filled the page cache through it.
    let hasFilledPageCache = Atomic<Bool>(false)

    init(
        number: UInt64, target: DraftTarget, parent: Node, name: String, base: ReadableVersion?,
        opener: Caller,
        flags: OpenFlags, charge: MemoryCharge, mark: DraftMark?
    ) {
        self.number = number
        self.target = target
        self.parent = parent
        self.name = name
        self.base = base
        self.opener = opener
        process = ProcessTree.process(ofThread: opener.pid) ?? opener.pid
        isReadable = flags.isReadable
        self.charge = charge
        self.mark = mark
        state = Mutex(
            State(file: nil, isTruncated: flags.isTruncate || base == nil, failure: nil, committed: nil))
    }

    /// The size that the opener sees, in bytes.
    var size: Int {
        state.withLock { state in
            switch state.file {
            case .some(let file): file.count
            case .none: state.isTruncated ? 0 : base?.size ?? 0
            }
        }
    }

    /// Whether a thread is the opener's process.
    func isOpener(_ thread: Int32) -> Bool {
        // A caller that can't be told by its process is taken for the opener: its close commits.
        process == 0 || thread == 0 || ProcessTree.isThread(thread, ofProcess: process, orDescendants: false)
    }

    /// Writes bytes at an offset, or at the end.
    func write(
        _ bytes: UnsafeRawBufferPointer, at offset: Int?, limit: Int, manager: SecretsManager
    ) throws(Errno) {
        try state.withLock { state throws(Errno) in
            if let failure = state.failure { throw failure }
            do {
                try load(&state, manager)
                let start = offset ?? (state.file?.count ?? 0)
                guard bytes.count <= limit, start <= limit - bytes.count else { throw Errno.fileTooLarge }
                try charge.set(max(state.file?.count ?? 0, start + bytes.count))
                if bytes.count > 0 { unsafe try state.file?.write(bytes, at: start) }
                if !state.isDirty { mark?.setDirty(true) }
                state.isDirty = true
            } catch {
                throw fail(&state, error)
            }
        }
    }

    /// Cuts or extends the draft.
    func resize(to size: Int, limit: Int, manager: SecretsManager) throws(Errno) {
        try state.withLock { state throws(Errno) in
            if let failure = state.failure { throw failure }
            do {
                guard size <= limit else { throw Errno.fileTooLarge }
                if size == 0 {
                    // Cut to nothing is a beginning, no content: what is written next counts.
                    state.file = nil
                    state.isTruncated = true
                    return
                }
                try load(&state, manager)
                try charge.set(size)
                try state.file?.resize(to: size)
                mark?.setDirty(true)
                state.isDirty = true
            } catch {
                throw fail(&state, error)
            }
        }
    }

    /// Copies a part of the draft for its reader; returns how many bytes.
    func read(
        at offset: Int, into destination: UnsafeMutableRawBufferPointer, manager: SecretsManager
    ) throws(Errno) -> Int {
        try state.withLock { state throws(Errno) in
            do {
                try load(&state, manager)
            } catch {
                throw fail(&state, error)
            }
            guard let count = state.file?.count, offset < count else { return 0 }
            let length = min(count - offset, destination.count)
            unsafe state.file?.withUnsafeBytes { bytes in
                unsafe destination.copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length]))
            }
            return length
        }
    }

    /// Whether it has, or had before a commit, other bytes than it began with.
    var isChanged: Bool { state.withLock { $0.isDirty || $0.isTruncated || $0.committed != nil } }

    /// Makes no version of what is written: the name was removed before there was one.
    func discard() { state.withLock { $0.isDiscarded = true } }

    /// Commits what was written since the last time, if anything was.
    ///
    /// - Parameter request: the request that commits: the one that opened the file was answered long ago.
    func commit(with manager: SecretsManager, for request: Request) throws(ServiceError) {
        var writer = opener
        writer.request = request.number
        writer.isResent = false
        try state.withLock { state throws(ServiceError) in
            guard state.isDirty, state.failure == nil, !state.isDiscarded else { return }
            do throws(ServiceError) {
                let written: WrittenVersion?
                switch state.file {
                case .some(let file) where file.count > 0:
                    written = try manager.commitDraft(
                        writer, target, file: file, base: base, committed: state.committed,
                        expecting: state.expected)
                case .some:
                    // Cut to nothing is no content, whether or not somebody has looked at it since.
                    written = nil
                case .none:
                    written = nil
                }
                if let written { state.committed = written }
                state.isDirty = false
                mark?.setDirty(false)
            } catch {
                state.failure = Errno(error)
                throw error
            }
        }
    }

    /// Brings the base's bytes in, where they are wanted and not there yet.
    private func load(_ state: inout State, _ manager: SecretsManager) throws {
        guard state.file == nil else { return }
        if !state.isTruncated, let base {
            try charge.set(base.size)
            state.file = try manager.readAll(base)
        } else {
            state.file = try SecretBytes(capacity: 0)
        }
    }

    private func fail(_ state: inout State, _ error: any Error) -> Errno {
        let errno: Errno =
            switch error {
            case let error as Errno: error
            case let error as ServiceError: Errno(error)
            case is SecretMemoryError: .noSpace
            default: .ioError
            }
        state.failure = errno
        return errno
    }
}
