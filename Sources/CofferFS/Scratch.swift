internal import CofferCore
public import Fuse
internal import SecretMemory
internal import SecretsManager
internal import Synchronization

/// A scratch file that is open.
final class OpenScratch: Sendable {
    let file: ScratchFile
    let flags: OpenFlags
    let thread: Int32

    init(_ file: ScratchFile, flags: OpenFlags, thread: Int32) {
        self.file = file
        self.flags = flags
        self.thread = thread
    }
}

// The scratch files of editors and tools. Making, opening and writing them is neither decided by a policy of their own
// nor recorded: who may write the value beside them may have them, and nobody else sees them.
extension CofferFileSystem {
    /// The most bytes of one scratch file: vim's swap and undo files are larger than the text.
    var scratchLimit: Int { manager.configuration.valueLimit * 4 + 64 << 10 }

    /// Makes a scratch file where the name is one; nil where it isn't.
    func makeScratch(
        _ name: String, in parent: Node, permissions: UInt16, flags: OpenFlags, for request: Request
    ) throws(Errno) -> OpenScratch? {
        guard let stage = stageDirectory(parent, for: request),
            isScratch(name, in: stage, flags: flags, for: request)
        else { return nil }
        let writable = try writableStage(parent, for: request)
        let file = ScratchFile(
            number: scratch.takeNumber(), beside: (stage.secret, stage.label),
            look: look(permissions, for: request),
            charge: MemoryCharge(budget, uid: request.uid))
        try scratch.insert(
            file, at: writable.place(name, of: request.uid), isOpen: true, now: manager.configuration.clock())
        commits.begin()
        return OpenScratch(file, flags: flags, thread: request.pid)
    }

    private func isScratch(
        _ name: String, in stage: StageDirectory, flags: OpenFlags, for request: Request
    ) -> Bool {
        if ScratchName.isPlain(name) { return true }
        guard flags.isExclusive, ScratchName.isRandom(name, beside: stage.names) else { return false }
        guard let process = ProcessTree.process(ofThread: request.pid),
            let program = ProcessTree.program(ofProcess: process)
        else { return true }
        return !ProgramHabits.copiesNames(program)
    }

    func look(_ permissions: UInt16, for request: Request) -> ScratchFile.Look {
        let now = manager.configuration.clock().timespec
        return ScratchFile.Look(
            permissions: permissions, uid: request.uid, gid: request.gid, modified: now, accessed: now)
    }

    /// Opens a scratch file that is there.
    func openScratch(_ number: UInt64, flags: OpenFlags, for request: Request) throws(Errno) -> OpenScratch {
        guard let known = scratch[number] else {
            // A file that is being made, and has no node of its own before it is closed.
            guard let draft = files.draft(number), draft.opener.uid == request.uid else {
                throw .noSuchFileOrDirectory
            }
            throw .busy
        }
        guard known.owner == request.uid else { throw .noSuchFileOrDirectory }
        guard known.link == nil else { throw .tooManySymbolicLinkLevels }
        let now = manager.configuration.clock()
        guard let file = scratch.open(number, now: now) else { throw .noSuchFileOrDirectory }
        if flags.isTruncate {
            do throws(Errno) {
                try file.resize(to: 0, limit: scratchLimit, at: now.timespec, manager: manager)
            } catch {
                scratch.close(number, now: now)
                throw error
            }
        }
        return OpenScratch(file, flags: flags, thread: request.pid)
    }

    /// The last close of one opening: what was written since it became a version is one now.
    func finish(
        _ open: OpenScratch, handle: UInt64, for request: Request, _ reply: consuming EmptyReply
    ) {
        guard open.file.isWaitingForCommit else {
            close(open, handle: handle)
            reply.succeed()
            return
        }
        afterwards(
            reply, orElse: { [self] in close(open, handle: handle) },
            then: { [self] in
                do throws(ServiceError) {
                    try open.file.commit(with: manager, for: request)
                } catch {
                    let name = open.file.target.map { "'\($0.name)'" } ?? "a secret"
                    log("what was written to \(name) was not committed: \(error.message)")
                }
                close(open, handle: handle)
            })
    }

    private func close(_ open: OpenScratch, handle: UInt64) {
        _ = files.remove(handle)
        scratch.close(open.file.number, now: manager.configuration.clock())
        if open.file.hasFilledPageCache.load(ordering: .relaxed) {
            notifications.withLock { $0 }?.invalidateInode(Node.scratch(open.file.number).inode)
        }
    }

    /// Reads a scratch file into guarded memory.
    func read(
        _ open: OpenScratch, at offset: Int64, size: Int, isPageCacheFill: Bool, for request: Request,
        _ reply: consuming DataReply
    ) {
        let file = open.file
        guard open.flags.isReadable else {
            reply.fail(.badFileDescriptor)
            return
        }
        if let refusal = refusal(of: file, fillsPageCache: isPageCacheFill, for: request) {
            reply.fail(refusal)
            return
        }
        if isPageCacheFill { file.hasFilledPageCache.store(true, ordering: .relaxed) }
        let present = file.size
        guard offset < present else {
            reply.succeedEmpty()
            return
        }
        unsafe answer(reply, size: min(size, present - Int(offset))) { buffer throws(Errno) in
            do throws(ServiceError) {
                return try unsafe file.read(at: Int(offset), into: buffer, manager: manager)
            } catch {
                throw errno(error)
            }
        }
    }

    /// What is written to a scratch file that has become a version is committed at fsync and close.
    func commit(_ open: OpenScratch, for request: Request, _ reply: consuming EmptyReply) {
        guard open.file.isWaitingForCommit else {
            reply.succeed()
            return
        }
        afterwards(reply) { [self] () throws(Errno) in
            do throws(ServiceError) {
                try open.file.commit(with: manager, for: request)
            } catch {
                throw errno(error)
            }
        }
    }

    func attributes(of file: ScratchFile) -> FileAttributes {
        let look = file.look
        return FileAttributes(
            inode: Node.scratch(file.number).inode, kind: file.link == nil ? .regular : .symlink,
            permissions: look.permissions, linkCount: 1, uid: look.uid, gid: look.gid, size: Int64(file.size),
            modified: look.modified, accessed: look.accessed)
    }

    /// Sets what programs set on a file of their own.
    func change(
        _ file: ScratchFile, _ changes: AttributeChanges, for request: Request
    ) throws(Errno) -> FileAttributes {
        guard file.owner == request.uid else { throw .notPermitted }
        let now = manager.configuration.clock().timespec
        var look = file.look
        if let uid = changes.uid, uid != look.uid {
            guard request.uid == 0 else { throw .notPermitted }
            look.uid = uid
        }
        if let gid = changes.gid { look.gid = gid }
        if let permissions = changes.permissions { look.permissions = permissions }
        if let size = changes.size {
            try file.resize(to: Int(clamping: size), limit: scratchLimit, at: now, manager: manager)
            look.modified = now
        }
        if let time = changes.modified { look.modified = time.time(now) }
        if let time = changes.accessed { look.accessed = time.time(now) }
        file.look = look
        return attributes(of: file)
    }

    /// Makes a symbolic link, which an editor's lock is. FUSE operation: `symlink`.
    public func symlink(
        _ request: Request, parent: InodeNumber, name: String, target: String, reply: consuming EntryReply
    ) {
        do throws(Errno) {
            guard name.utf8.count <= 255, target.utf8.count < 4096 else { throw .fileNameTooLong }
            let parent = try resolve(parent, for: request)
            guard name.hasPrefix(".#") else { throw .notPermitted }
            if (try? find(name, in: parent, for: request)) != nil { throw .fileExists }
            let stage = try writableStage(parent, for: request)
            let file = ScratchFile(
                number: scratch.takeNumber(), beside: (stage.secret, stage.label),
                look: look(0o777, for: request), link: target,
                charge: MemoryCharge(budget, uid: request.uid))
            try scratch.insert(
                file, at: stage.place(name, of: request.uid), isOpen: false,
                now: manager.configuration.clock())
            commits.begin()
            reply.succeed(Entry(attributes: attributes(of: file)))
        } catch {
            reply.fail(error)
        }
    }

    public func readlink(_ request: Request, node: InodeNumber, reply: consuming LinkReply) {
        guard case .scratch(let number)? = Node(node), let file = scratch[number], file.owner == request.uid,
            let link = file.link
        else {
            reply.fail(.invalidArgument)
            return
        }
        reply.succeed(link)
    }

    /// Forgets what nobody came back for. Runs once a minute.
    func tidy() {
        let now = manager.configuration.clock()
        scratch.dropIdle(now: now)
        for absence in absences.endOverdue(now: now) {
            guard case .file(let serial, _, _) = absence.node, let name = manager.record(serial)?.name else {
                continue
            }
            log(
                "\(absence.program) (process \(absence.process)) removed a file of '\(name)' and did not write it again: the value stays as it was"
            )
        }
    }
}

extension AttributeChanges.TimeChange {
    fileprivate func time(_ now: Timespec) -> Timespec {
        switch self {
        case .now: now
        case .at(let time): time
        }
    }
}
