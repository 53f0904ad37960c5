internal import CofferCore
public import Fuse
internal import SecretsManager
internal import Synchronization

// A rename moves scratch files, puts one in the place of a value or member (one version), or puts a value aside for a
// program that makes it again. Nothing else is ever renamed.
extension CofferFileSystem {
    /// `RENAME_NOREPLACE` of renameat2(2).
    private static let noReplace: UInt32 = 1

    public func rename(
        _ request: Request, parent: InodeNumber, name: String, newParent: InodeNumber, newName: String,
        flags: UInt32, reply: consuming EmptyReply
    ) {
        if wasDone(request) { return reply.succeed() }
        do throws(Errno) {
            guard flags & ~Self.noReplace == 0 else { throw .invalidArgument }
            guard newName.utf8.count <= 255 else { throw .fileNameTooLong }
            let source = try find(name, in: try resolve(parent, for: request), for: request).node
            let directory = try resolve(newParent, for: request)
            if flags & Self.noReplace != 0, (try? find(newName, in: directory, for: request)) != nil {
                throw .fileExists
            }
            switch source {
            case .scratch(let number):
                guard let file = scratch[number] else { throw .busy }
                let stage = try writableStage(directory, for: request)
                if try isVersion(newName, in: stage) {
                    replace(newName, in: stage, with: file, for: request, reply)
                } else {
                    scratch.move(
                        number, to: stage.place(newName, of: request.uid), now: manager.configuration.clock())
                    reply.succeed()
                }
            case .file(let serial, let place, let member):
                let file = try putAside(
                    source, serial, place, member, as: newName, in: directory, for: request)
                reply.succeed()
                // The kernel moves the value's node to the new name: it must look there again.
                notifications.withLock { $0 }?.invalidateEntry(parent: newParent, name: newName)
                _ = file
            case .folder, .secret, .versions, .place, .metadata:
                throw .notPermitted
            }
        } catch {
            reply.fail(error)
        }
    }

    /// Whether what is renamed to a name becomes a version; if not, the name is one for scratch files.
    private func isVersion(_ name: String, in stage: StageDirectory) throws(Errno) -> Bool {
        if name == MemberName.value || stage.fileNode(name) != nil { return true }
        if ScratchName.isPlain(name) { return false }
        guard stage.target(name) != nil else { throw .notPermitted }
        return true
    }

    /// Commits a scratch file as a value or member, and takes its own name away.
    private func replace(
        _ name: String, in stage: StageDirectory, with file: ScratchFile, for request: Request,
        _ reply: consuming EmptyReply
    ) {
        guard let target = stage.target(name), file.link == nil else {
            reply.fail(.notPermitted)
            return
        }
        // Nothing is no value: who cut a file to nothing by mistake loses nothing. mv takes EINVAL for something else.
        guard file.size > 0 else {
            reply.fail(.noData)
            return
        }
        let caller = caller(request)
        afterwards(reply) { [self] () throws(Errno) in
            do throws(ServiceError) {
                try file.commit(as: target, by: caller, manager: manager)
            } catch {
                throw errno(error)
            }
            scratch.remove(file.number)
            if let node = stage.fileNode(name) { noteReplaced(node, by: request) }
        }
    }

    /// Lets a program rename a value or member to a backup, which it does to make it again. For the program the name is
    /// absent until then; nobody else notices.
    private func putAside(
        _ node: Node, _ serial: UInt32, _ place: Node.Place, _ member: UInt16?, as newName: String,
        in directory: Node, for request: Request
    ) throws(Errno) -> ScratchFile {
        guard case .stage(let number) = place, let label = manager.record(serial)?.label(number) else {
            throw .readOnlyFileSystem
        }
        let stage = try writableStage(directory, for: request)
        guard stage.version?.serial == serial, stage.version?.place == place, stage.fileNode(newName) == nil,
            let process = ProcessTree.process(ofThread: request.pid),
            let program = ProcessTree.program(ofProcess: process), ProgramHabits.savesAside(program)
        else { throw .notPermitted }
        let readable: ReadableVersion
        do throws(ServiceError) {
            readable = try manager.getSecretValue(
                caller(request), secret: serial, selector: .stage(label), member: member)
        } catch {
            throw errno(error)
        }
        let now = manager.configuration.clock()
        let file = ScratchFile(
            number: scratch.takeNumber(), beside: (stage.secret, stage.label),
            look: look(0o600, for: request), backup: readable,
            charge: MemoryCharge(budget, uid: request.uid))
        let name = stage.place(newName, of: request.uid)
        if let other = scratch[name] { scratch.remove(other.number) }
        try absences.insert(node, process: process, program: program, now: now)
        do throws(Errno) {
            try scratch.insert(file, at: name, isOpen: false, now: now)
        } catch {
            absences.end(node, process: process)
            throw error
        }
        commits.begin()
        return file
    }

    /// A process has put another file in the place of one.
    func noteReplaced(_ node: Node, by request: Request) {
        guard let process = ProcessTree.process(ofThread: request.pid) else { return }
        absences.end(node, process: process)
        absences.noteWriter(process, of: node, now: manager.configuration.clock())
    }

    /// Whether a process may set the mode and owner of a node, without effect: of its own work, which it writes or has
    /// just written; of anything, if it is known to copy attributes along with content.
    func mayPretend(toChange node: Node, _ request: Request) -> Bool {
        guard let process = ProcessTree.process(ofThread: request.pid) else { return false }
        if let program = ProcessTree.program(ofProcess: process), ProgramHabits.copiesAttributes(program) {
            return true
        }
        for case .draft(let draft) in files.files(at: node.inode) where draft.process == process {
            return true
        }
        return absences.isWriter(process, of: node, now: manager.configuration.clock())
    }
}
