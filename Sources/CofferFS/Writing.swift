internal import CofferCore
public import Fuse
internal import SecretsManager
internal import Synchronization

// A file that is open for writing is a draft. It is committed when the process that opened it closes it, on fsync, and
// at the last close; each of these runs beside the loop, since it waits for the disk.
extension CofferFileSystem {
    func openDraft(_ node: Node, flags: OpenFlags, for request: Request) throws(Errno) -> Draft {
        switch node {
        case .metadata: throw .readOnlyFileSystem
        case .file(_, .version, _): throw .readOnlyFileSystem
        case .file(_, .stage(2), _): throw .readOnlyFileSystem
        case .scratch: throw .busy
        case .folder, .secret, .versions, .place: throw .isDirectory
        case .file(let serial, let place, let member):
            guard let view = manager.view(serial, for: caller(request)), case .stage(let number) = place,
                let label = view.record.label(number)
            else { throw .noSuchFileOrDirectory }
            let name = member.flatMap { view.record.memberName($0) }
            return try makeDraft(
                DraftTarget(name: view.record.name, label: label, member: name),
                parent: .place(serial, place),
                name: name ?? MemberName.value, flags: flags, for: request)
        }
    }

    func makeDraft(
        _ target: DraftTarget, parent: Node, name: String, flags: OpenFlags, for request: Request
    ) throws(Errno) -> Draft {
        let caller = caller(request)
        do {
            let base = try manager.openDraft(caller, target, alsoReads: flags.isReadable)
            let number = files.draftNumber()
            return Draft(
                number: number, target: target, parent: parent, name: name, base: base.version,
                opener: caller, flags: flags, charge: MemoryCharge(budget, uid: request.uid),
                mark: takeover.map { _ in DraftMark(files: files, handle: number) })
        } catch {
            throw errno(error)
        }
    }

    public func write(
        _ request: Request, node: InodeNumber, handle: UInt64, offset: Int64, bytes: UnsafeRawBufferPointer,
        isAppend: Bool, isPageCacheWrite: Bool, reply: consuming WriteReply
    ) {
        let file = files[handle]
        do throws(Errno) {
            if case .scratch(let open)? = file, open.flags.isWritable {
                try unsafe open.file.write(
                    bytes, at: isAppend ? nil : Int(clamping: offset), limit: scratchLimit,
                    at: manager.configuration.clock().timespec, manager: manager)
                reply.succeed(count: bytes.count)
                return
            }
            guard case .draft(let draft)? = file else { throw missing(handle) }
            // The kernel's idea of the end may be old; the draft knows its own.
            try unsafe draft.write(
                bytes, at: isAppend ? nil : Int(clamping: offset), limit: manager.configuration.valueLimit,
                manager: manager)
            reply.succeed(count: bytes.count)
        } catch {
            reply.fail(error)
        }
    }

    public func flush(
        _ request: Request, node: InodeNumber, handle: UInt64, lockOwner: UInt64, reply: consuming EmptyReply
    ) {
        let file = files[handle]
        if case .scratch(let open)? = file {
            commit(open, for: request, reply)
            return
        }
        if case .left(let left)? = file, let errno = outcome(ofClosing: left, for: request) {
            reply.fail(errno)
            return
        }
        guard case .draft(let draft)? = file, draft.isWaitingForCommit, draft.isOpener(request.pid)
        else {
            reply.succeed()
            return
        }
        commit(draft, at: node, for: request, reply)
    }

    public func fsync(
        _ request: Request, node: InodeNumber, handle: UInt64, dataOnly: Bool, reply: consuming EmptyReply
    ) {
        switch files[handle] {
        case .draft(let draft)?: commit(draft, at: node, for: request, reply)
        case .scratch(let open)?: commit(open, for: request, reply)
        case .left(let left)?:
            if let errno = outcome(ofClosing: left, for: request) {
                reply.fail(errno)
            } else {
                reply.succeed()
            }
        case .snapshot?, .text?, nil: reply.succeed()
        }
    }

    /// The last close: what isn't committed yet is now, and nobody hears of an error but the operator.
    func finish(_ draft: Draft, handle: UInt64, for request: Request, _ reply: consuming EmptyReply) {
        guard draft.isWaitingForCommit else {
            _ = files.remove(handle)
            reply.succeed()
            return
        }
        afterwards(
            reply, orElse: { [self] in giveUp(draft, handle: handle) },
            then: { [self] in
                do throws(ServiceError) {
                    try draft.commit(with: manager, for: request)
                } catch {
                    log("what was written to '\(draft.target.name)' was not committed: \(error.message)")
                }
                _ = files.remove(handle)
            })
    }

    /// Commits at a close, or before one: the event of the close then comes after the version.
    private func commit(
        _ draft: Draft, at node: InodeNumber, for request: Request, _ reply: consuming EmptyReply
    ) {
        afterwards(
            reply, orElse: { draft.giveUp() },
            then: { [self] () throws(Errno) in
                if let failure = draft.failure { throw failure }
                let failure: ServiceError? = Self.$author.withValue(node) {
                    do throws(ServiceError) {
                        try draft.commit(with: manager, for: request)
                        return nil
                    } catch {
                        return error
                    }
                }
                if let failure { throw errno(failure) }
            })
    }

    /// The last close of a draft whose writer was answered already.
    private func giveUp(_ draft: Draft, handle: UInt64) {
        log("what was written to '\(draft.target.name)' was not committed: the disk did not answer in time")
        _ = files.remove(handle)
    }

    /// Does something that waits for the disk beside the loop, and answers then.
    ///
    /// Past the deadline the answer is EIO. What hasn't begun by then isn't done any more, but `orElse`; what has begun may
    /// still come to its end, which is logged.
    func afterwards(
        _ reply: consuming EmptyReply, orElse: @escaping @Sendable () -> Void = {},
        then body: @escaping @Sendable () throws(Errno) -> Void
    ) {
        var waiting: EmptyReply? = consume reply
        let parcel = ReplyParcel(&waiting)
        overdue.add(parcel)
        let isTaken = commits.submit { [self] in
            guard parcel.isWaiting else { return orElse() }
            do throws(Errno) {
                try body()
                if let reply = parcel.open() {
                    reply.succeed()
                } else {
                    log("a change was made after its deadline: its program was told that it had failed")
                }
            } catch {
                parcel.open()?.fail(error)
            }
            overdue.remove(parcel)
        }
        if !isTaken {
            overdue.remove(parcel)
            parcel.open()?.fail(.ioError)
        }
    }

    /// Cuts or extends a file: the draft that is open, or one of its own for a truncate by path.
    func resize(_ node: Node, to size: Int64, handle: UInt64?, for request: Request) throws(Errno) {
        let limit = manager.configuration.valueLimit
        if let handle, case .draft(let draft)? = files[handle] {
            try draft.resize(to: Int(clamping: size), limit: limit, manager: manager)
            return
        }
        let flags: OpenFlags = size == 0 ? [.writeOnly, .truncate] : .writeOnly
        let draft = try openDraft(node, flags: flags, for: request)
        defer { files.forget(draft.number) }
        try draft.resize(to: Int(clamping: size), limit: limit, manager: manager)
        do throws(ServiceError) {
            try draft.commit(with: manager, for: request)
        } catch {
            throw errno(error)
        }
    }
}

/// A reply on its way to another thread: a closure can't hold what can't be copied.
final class ReplyParcel: Sendable {
    let since = ContinuousClock.now
    private let isOpened = Atomic<Bool>(false)
    private let reply: Mutex<EmptyReply?>

    init(_ reply: inout EmptyReply?) { self.reply = Mutex(reply.take()) }

    /// Whether nobody has taken the reply out yet.
    var isWaiting: Bool { !isOpened.load(ordering: .acquiring) }

    /// Takes the reply out; nil the second time.
    func open() -> EmptyReply? {
        isOpened.store(true, ordering: .releasing)
        return reply.withLock { $0.take() }
    }
}

/// The answers that wait for the disk, to be given without it when it takes too long.
final class OverdueReplies: Sendable {
    private let waiting = Mutex<[ObjectIdentifier: ReplyParcel]>([:])

    func add(_ parcel: ReplyParcel) { waiting.withLock { $0[ObjectIdentifier(parcel)] = parcel } }

    func remove(_ parcel: ReplyParcel) { waiting.withLock { $0[ObjectIdentifier(parcel)] = nil } }

    /// Answers EIO to those that wait for longer than a time; returns how many.
    func failThose(olderThan limit: Duration) -> Int {
        let overdue = waiting.withLock { waiting in
            guard !waiting.isEmpty else { return [ReplyParcel]() }
            let now = ContinuousClock.now
            let overdue = waiting.values.filter { now - $0.since > limit }
            for parcel in overdue { waiting[ObjectIdentifier(parcel)] = nil }
            return overdue
        }
        for parcel in overdue { parcel.open()?.fail(.ioError) }
        return overdue.count
    }
}

extension Draft {
    /// Commits nothing any more: its writer was told that it had failed.
    func giveUp() { state.withLock { if $0.failure == nil { $0.failure = .ioError } } }

    /// Whether something was written that no version holds yet, or can't be held any more.
    var isWaitingForCommit: Bool { state.withLock { $0.isDirty || $0.failure != nil } }

    /// Why it can't be committed any more.
    var failure: Errno? { state.withLock { $0.failure } }
}
