internal import CofferCore
public import Fuse
internal import Glibc
internal import SecretsManager

// What a node looks like to one caller. A file is shown as the caller's own where they may read it.
extension CofferFileSystem {
    public func getattr(
        _ request: Request, node: InodeNumber, handle: UInt64?, reply: consuming AttributesReply
    ) {
        do throws(Errno) {
            if isEventMaker(request) {
                reply.succeed(try attributesForEvents(of: node))
                return
            }
            let node = try resolve(node, for: request)
            reply.succeed(try attributesOrHeld(of: node, for: request))
        } catch {
            reply.fail(error)
        }
    }

    /// The attributes of a node, or of an open file whose name is gone.
    private func attributesOrHeld(of node: Node, for request: Request) throws(Errno) -> FileAttributes {
        do throws(Errno) {
            return try attributes(of: node, for: request)
        } catch .noSuchFileOrDirectory {
            return try heldAttributes(of: node, by: request)
        }
    }

    /// The attributes of a file for who may not see it and asks all the same: no path leads them to it, so it is `fstat`
    /// on a descriptor that somebody handed them. They learn what they could count while reading.
    private func heldAttributes(of node: Node, by request: Request) throws(Errno) -> FileAttributes {
        guard let open = openFile(at: node, by: request) ?? files.files(at: node.inode).last else {
            throw .noSuchFileOrDirectory
        }
        let (size, time): (Int, Timestamp) =
            switch open {
            case .snapshot(let snapshot): (snapshot.readable.size, snapshot.readable.version.created)
            case .draft(let draft): (draft.size, manager.configuration.clock())
            case .text(let text, _): (text.count, started)
            case .scratch(let open): (open.file.size, started)
            case .left(let file): try sizeLeft(of: file)
            }
        return file(node, size: size, permissions: 0, owner: nil, time, changed: time)
    }

    /// The size of what a process before this one had open, and its version's time.
    private func sizeLeft(of file: JournaledFile) throws(Errno) -> (Int, Timestamp) {
        guard let version = openVersion(of: file), case .file(_, _, let member)? = Node(file.node),
            let size = version.size(ofMember: member)
        else { throw .noSuchFileOrDirectory }
        return (Int(size), version.created)
    }

    /// The attributes of a node as this caller sees them. Never opens a value.
    func attributes(of node: Node, for request: Request) throws(Errno) -> FileAttributes {
        switch node {
        case .folder(let id):
            return try folderAttributes(id, for: request)
        case .secret(let serial), .versions(let serial):
            let view = try view(serial, for: request)
            return directory(node, view.record.changed)
        case .place(let serial, let place):
            let view = try view(serial, for: request)
            guard let version = view.record.version(at: place) else { throw .noSuchFileOrDirectory }
            return directory(node, version.created, changed: version.stagesChanged)
        case .metadata(let serial):
            let view = try view(serial, for: request)
            var size = manager.description(of: view).fileText.utf8.count
            if let text = openText(at: node, by: request) { size = text.count }
            return file(
                node, size: size, permissions: 0o444, owner: nil, view.record.changed,
                changed: view.record.changed)
        case .file(let serial, let place, let member):
            return try fileAttributes(node, try view(serial, for: request), place, member, for: request)
        case .scratch(let number):
            // Who has the number of a scratch file has it open: its name is looked up for each user.
            if let file = scratch[number] { return attributes(of: file) }
            guard let draft = files.draft(number), draft.opener.uid == request.uid else {
                throw .noSuchFileOrDirectory
            }
            let now = manager.configuration.clock()
            return file(node, size: draft.size, permissions: 0o600, owner: request, now, changed: now)
        }
    }

    func view(_ serial: UInt32, for request: Request) throws(Errno) -> SecretView {
        guard let view = manager.view(serial, for: caller(request)) else { throw .noSuchFileOrDirectory }
        return view
    }

    private func folderAttributes(_ id: FolderID, for request: Request) throws(Errno) -> FileAttributes {
        if manager.isVisible(folder: id, for: caller(request)) { return directory(.folder(id), started) }
        guard let made = nascent.directory(id, for: request.uid)?.made else { throw .noSuchFileOrDirectory }
        return directory(.folder(id), made)
    }

    private func fileAttributes(
        _ node: Node, _ view: SecretView, _ place: Node.Place, _ member: UInt16?, for request: Request
    ) throws(Errno) -> FileAttributes {
        let record = view.record
        guard let version = record.version(at: place) else { throw .noSuchFileOrDirectory }
        guard let size = version.size(ofMember: member) else { throw .noSuchFileOrDirectory }
        let access = access(to: view, at: place, version, for: request)
        var shown = Int(access.mayRead ? size : 0)
        var modified = version.created
        switch openFile(at: node, by: request) {
        case .draft(let draft)?: shown = draft.size
        case .snapshot(let snapshot)?:
            shown = snapshot.readable.size
            modified = snapshot.readable.version.created
        case .left(let left)?:
            if let found = try? sizeLeft(of: left) { (shown, modified) = found }
        case .text?, .scratch?, nil: break
        }
        let permissions: UInt16 = (access.mayRead ? 0o400 : 0) | (access.mayWrite ? 0o200 : 0)
        var attributes = file(
            node, size: shown, permissions: permissions, owner: permissions == 0 ? nil : request, modified,
            changed: max(modified, version.stagesChanged))
        // To who may only see it stays what it is to them: nothing they could open.
        if permissions != 0 { attributes.fix(record.fileSettings) }
        owners.note(attributes)
        return attributes
    }

    /// What the caller may do with a version at a place; `previous` and `versions/` are never written.
    func access(
        to view: SecretView, at place: Node.Place, _ version: VersionRecord, for request: Request
    ) -> FileAccess {
        switch place {
        case .stage(let number):
            var access = manager.access(to: view, stage: view.record.label(number), for: caller(request))
            if number == 2 { access.mayWrite = false }
            return access
        case .version:
            var access = manager.access(to: view, stage: nil, for: caller(request))
            access.mayWrite = false
            return access
        }
    }

    /// The open file whose size a caller means: their own draft, or the snapshot that they read.
    ///
    /// `fstat` comes without a handle, so it is told by the process; only where versions differ is /proc asked.
    func openFile(at node: Node, by request: Request) -> OpenFiles.File? {
        let open = files.files(at: node.inode)
        guard !open.isEmpty else { return nil }
        if let own = open.last(where: { $0.thread == request.pid }) { return own }
        return open.last { ProcessTree.isThread(request.pid, ofProcess: $0.process, orDescendants: true) }
    }

    private func openText(at node: Node, by request: Request) -> [UInt8]? {
        guard case .text(let text, _)? = openFile(at: node, by: request) else { return nil }
        return text
    }

    func directory(_ node: Node, _ time: Timestamp, changed: Timestamp? = nil) -> FileAttributes {
        FileAttributes(
            inode: node.inode, kind: .directory, permissions: 0o555, linkCount: 2,
            uid: manager.configuration.ownerUID, gid: 0, size: 0, modified: time.timespec,
            changed: (changed ?? time).timespec)
    }

    func file(
        _ node: Node, size: Int, permissions: UInt16, owner: Request?, _ modified: Timestamp,
        changed: Timestamp
    ) -> FileAttributes {
        FileAttributes(
            inode: node.inode, kind: .regular, permissions: permissions, linkCount: 1,
            uid: owner?.uid ?? manager.configuration.ownerUID, gid: owner?.gid ?? 0, size: Int64(size),
            modified: modified.timespec, changed: changed.timespec)
    }

    public func access(_ request: Request, node: InodeNumber, mask: Int32, reply: consuming EmptyReply) {
        do throws(Errno) {
            let node = try resolve(node, for: request)
            let attributes = try attributes(of: node, for: request)
            guard attributes.kind == .regular else {
                // A directory may be entered by who sees it; what may be made in it shows when it is made.
                reply.succeed()
                return
            }
            // R_OK, W_OK and X_OK are the bits of a mode. A fixed mode is what is shown; the policy is what is asked.
            if UInt16(truncatingIfNeeded: mask) & ~permitted(node, attributes, to: request) & 0o7 == 0 {
                reply.succeed()
            } else {
                reply.fail(.permissionDenied)
            }
        } catch {
            reply.fail(error)
        }
    }

    /// What a caller may do with a file, as bits of a mode.
    private func permitted(_ node: Node, _ attributes: FileAttributes, to request: Request) -> UInt16 {
        guard case .file(let serial, let place, _) = node else {
            return attributes.uid == request.uid ? attributes.permissions >> 6 : attributes.permissions
        }
        guard let view = manager.view(serial, for: caller(request)),
            let version = view.record.version(at: place)
        else { return 0 }
        let access = access(to: view, at: place, version, for: request)
        return (access.mayRead ? 4 : 0) | (access.mayWrite ? 2 : 0)
    }

    public func setattr(
        _ request: Request, node: InodeNumber, changes: AttributeChanges, handle: UInt64?,
        reply: consuming AttributesReply
    ) {
        do throws(Errno) {
            if isEventMaker(request) {
                reply.succeed(try attributesForEvents(of: node))
                return
            }
            let node = try resolve(node, for: request)
            if case .scratch(let number) = node, let file = scratch[number] {
                reply.succeed(try change(file, changes, for: request))
                return
            }
            let before = try attributesOrHeld(of: node, for: request)
            // Setting what is there already is allowed: cp -p and install do it. Times follow the version.
            let isSame =
                changes.permissions.map { $0 & 0o777 == before.permissions } ?? true
                && changes.uid.map { $0 == before.uid } ?? true
                && changes.gid.map { $0 == before.gid } ?? true
            guard isSame || mayPretend(toChange: node, request) else { throw .notPermitted }
            if let size = changes.size { try resize(node, to: size, handle: handle, for: request) }
            reply.succeed(try attributesOrHeld(of: node, for: request))
        } catch {
            reply.fail(error)
        }
    }
}

extension FileAttributes {
    /// Shows what was fixed for the secret in the place of the caller's own.
    fileprivate mutating func fix(_ settings: FileSettings) {
        if let owner = settings.owner { uid = owner }
        if let group = settings.group { gid = group }
        if let mode = settings.mode { permissions = mode }
    }
}

extension OpenFiles.File {
    /// The thread that opened it.
    var thread: Int32 {
        switch self {
        case .snapshot(let snapshot): snapshot.thread
        case .draft(let draft): draft.opener.pid
        case .text(_, let thread): thread
        case .scratch(let open): open.thread
        case .left(let file): file.thread
        }
    }

    /// The process of that thread.
    var process: Int32 {
        switch self {
        case .draft(let draft): draft.process
        case .snapshot, .text, .scratch, .left: ProcessTree.process(ofThread: thread) ?? thread
        }
    }
}

extension VersionRecord {
    /// The size of a member, or (nil) of the whole value; nil where there is no such member.
    func size(ofMember number: UInt16?) -> UInt32? {
        guard let number else { return content.size }
        return content.members.first { $0.number == number }?.size
    }
}

extension Timestamp {
    var timespec: Timespec {
        Timespec(seconds: seconds, nanoseconds: millisecondOfSecond * 1_000_000)
    }
}
