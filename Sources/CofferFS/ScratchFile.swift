internal import CofferCore
internal import Fuse
internal import SecretMemory
internal import SecretsManager
internal import Synchronization

/// A scratch file of an editor or tool: in guarded memory, seen by its user only, never stored.
///
/// Renamed over a value or a member, it becomes what was written there: who has it open goes on writing that.
final class ScratchFile: Sendable {
    /// What it holds.
    private struct State: ~Copyable {
        /// The bytes; nil until they are first needed.
        var bytes: SecretBytes?
        /// The version that it is a backup of; sealed as long as nothing is written to it.
        var backup: ReadableVersion?
        var look: Look
        /// What it has become by a rename, and from what.
        var bound: (target: DraftTarget, base: ReadableVersion?, caller: Caller)?
        var committed: WrittenVersion?
        /// Whether bytes were written since it became that.
        var isDirty = false
    }

    /// What `stat` shows and `chmod`, `chown` and `utimensat` set.
    struct Look: Sendable {
        var permissions: UInt16
        var uid: UInt32
        var gid: UInt32
        var modified: Timespec
        var accessed: Timespec
    }

    let number: UInt64
    /// The user who made it; only they see it.
    let owner: UInt32
    /// The secret beside whose value it was made.
    let origin: (secret: SecretName, label: StagingLabel)
    /// Whether a mapping, sendfile or splice has filled the page cache from it.
    let hasFilledPageCache = Atomic<Bool>(false)
    /// Where it leads, if it is a symbolic link: an editor's lock.
    let link: String?
    private let charge: MemoryCharge
    private let state: Mutex<State>

    init(
        number: UInt64, beside origin: (secret: SecretName, label: StagingLabel), look: Look,
        link: String? = nil, backup: ReadableVersion? = nil, charge: MemoryCharge
    ) {
        self.number = number
        self.origin = origin
        owner = look.uid
        self.link = link
        self.charge = charge
        state = Mutex(State(backup: backup, look: look))
    }

    /// Its size in bytes.
    var size: Int {
        if let link { return link.utf8.count }
        return state.withLock { state in
            switch state.bytes {
            case .some(let bytes): bytes.count
            case .none: state.backup?.size ?? 0
            }
        }
    }

    var look: Look {
        get { state.withLock { $0.look } }
        set { state.withLock { $0.look = newValue } }
    }

    /// Writes bytes at an offset, or at the end.
    func write(
        _ source: UnsafeRawBufferPointer, at offset: Int?, limit: Int, at time: Timespec,
        manager: SecretsManager
    ) throws(Errno) {
        try state.withLock { state throws(Errno) in
            try load(&state, manager)
            let count = state.bytes?.count ?? 0
            let start = offset ?? count
            guard source.count <= limit, start <= limit - source.count else { throw .fileTooLarge }
            try charge.set(max(count, start + source.count))
            do {
                unsafe try state.bytes?.write(source, at: start)
            } catch {
                throw .noSpace
            }
            state.look.modified = time
            state.isDirty = true
        }
    }

    /// Cuts or extends it.
    func resize(to size: Int, limit: Int, at time: Timespec, manager: SecretsManager) throws(Errno) {
        try state.withLock { state throws(Errno) in
            guard size <= limit else { throw .fileTooLarge }
            if size == 0 { state.backup = nil }
            try load(&state, manager)
            try charge.set(size)
            do {
                try state.bytes?.resize(to: size)
            } catch {
                throw .noSpace
            }
            state.look.modified = time
            state.isDirty = true
        }
    }

    /// Copies a part of it; returns how many bytes.
    func read(
        at offset: Int, into destination: UnsafeMutableRawBufferPointer, manager: SecretsManager
    ) throws(ServiceError) -> Int {
        try state.withLock { state throws(ServiceError) in
            if state.bytes == nil, let backup = state.backup {
                return try unsafe manager.read(backup, at: offset, into: destination)
            }
            guard let count = state.bytes?.count, offset < count else { return 0 }
            let length = min(count - offset, destination.count)
            unsafe state.bytes?.withUnsafeBytes { bytes in
                unsafe destination.copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length]))
            }
            return length
        }
    }

    /// Makes its content a version: it was renamed over a value or member.
    func commit(
        as target: DraftTarget, by caller: Caller, manager: SecretsManager
    ) throws(ServiceError) {
        try state.withLock { state throws(ServiceError) in
            let base = try manager.openDraft(caller, target, alsoReads: false).version
            do throws(Errno) {
                try load(&state, manager)
            } catch {
                throw .outOfGuardedMemory("there is no room for what '\(target.name)' was to become")
            }
            state.bound = (target, base, caller)
            do throws(ServiceError) {
                try commit(&state, manager)
            } catch {
                // It keeps its name, and is a scratch file as before.
                state.bound = nil
                throw error
            }
        }
    }

    /// Whether bytes were written that belong to a version.
    var isWaitingForCommit: Bool { state.withLock { $0.bound != nil && $0.isDirty } }

    /// What it has become by a rename.
    var target: DraftTarget? { state.withLock { $0.bound?.target } }

    /// Commits what was written since it became a version.
    ///
    /// - Parameter request: the one that commits.
    func commit(with manager: SecretsManager, for request: Request) throws(ServiceError) {
        try state.withLock { state throws(ServiceError) in
            state.bound?.caller.request = request.number
            state.bound?.caller.isResent = false
            if state.isDirty { try commit(&state, manager) }
        }
    }

    private func commit(_ state: inout State, _ manager: SecretsManager) throws(ServiceError) {
        guard let bound = state.bound, let count = state.bytes?.count, count > 0 else { return }
        let written: WrittenVersion?
        switch state.bytes {
        case .some(let bytes):
            written = try manager.commitDraft(
                bound.caller, bound.target, file: bytes, base: bound.base, committed: state.committed)
        case .none:
            written = nil
        }
        if let written { state.committed = written }
        state.isDirty = false
    }

    /// Brings the backup's bytes in, where they are wanted and not there yet.
    private func load(_ state: inout State, _ manager: SecretsManager) throws(Errno) {
        guard state.bytes == nil else { return }
        do {
            if let backup = state.backup {
                try charge.set(backup.size)
                state.bytes = try manager.readAll(backup)
            } else {
                state.bytes = try SecretBytes(capacity: 0)
            }
        } catch let error as Errno {
            throw error
        } catch let error as ServiceError {
            throw Errno(error)
        } catch {
            throw .noSpace
        }
    }
}
