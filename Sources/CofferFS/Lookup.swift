internal import CofferCore
public import Fuse
internal import SecretsManager

/// A node as one caller found it: what it stands for, and whether the kernel may keep its name for everybody.
struct FoundNode {
    var node: Node
    var isShared = false
}

// Names to nodes: the tree as one table. Each step asks who the caller is; what they may not see isn't there.
extension CofferFileSystem {
    public func lookup(_ request: Request, parent: InodeNumber, name: String, reply: consuming EntryReply) {
        do throws(Errno) {
            if isEventMaker(request) {
                let attributes = try findForEvents(name, in: parent)
                reply.succeed(Entry(attributes: attributes, generation: generations[attributes.inode]))
                return
            }
            // The kernel lets names of FUSE through that are longer than those of other file systems.
            guard name.utf8.count <= 255 else { throw .fileNameTooLong }
            let found = try find(name, in: try resolve(parent, for: request), for: request)
            reply.succeed(
                Entry(
                    attributes: try entryAttributes(of: found.node, for: request),
                    generation: generations[found.node.inode],
                    entryTimeoutSeconds: found.isShared ? Self.sharedNameTimeoutSeconds : 0))
        } catch {
            reply.fail(error)
        }
    }

    /// The attributes that go with a name. The kernel counts a file's links by them and ends the watches on a file that it
    /// has seen removed or replaced when none is left, so it is told of one that stays. `stat` always asks anew.
    func entryAttributes(of node: Node, for request: Request) throws(Errno) -> FileAttributes {
        var attributes = try attributes(of: node, for: request)
        if case .file(_, .stage, _) = node { attributes.linkCount += 1 }
        return attributes
    }

    /// The node of an inode number. A nascent stage directory whose secret was made meanwhile is that secret's stage.
    func resolve(_ inode: InodeNumber, for request: Request) throws(Errno) -> Node {
        guard let node = Node(inode) else { throw .noSuchFileOrDirectory }
        if case .folder(let id) = node, let stage = nascent.settledStage(id),
            let secret = manager.secretSerial(named: stage.secret, for: caller(request))
        {
            return .place(secret, .stage(stage.label == .pending ? 3 : 1))
        }
        return node
    }

    /// What stands at a name in a directory, for this caller.
    func find(_ name: String, in parent: Node, for request: Request) throws(Errno) -> FoundNode {
        switch parent {
        case .folder(let id): try find(name, inFolder: id, for: request)
        case .secret(let serial): try find(name, inSecret: serial, for: request)
        case .versions(let serial): try findVersion(name, of: serial, for: request)
        case .place(let serial, let place): try findFile(name, in: serial, place, for: request)
        case .metadata, .file, .scratch: throw .notDirectory
        }
    }

    private func find(_ name: String, inFolder id: FolderID, for request: Request) throws(Errno) -> FoundNode
    {
        let caller = caller(request)
        if let entry = manager.entry(in: id, named: name, for: caller) {
            if let serial = entry.secret {
                let isShared = manager.view(serial, for: caller)?.isVisibleToEveryone ?? false
                return FoundNode(node: .secret(serial), isShared: isShared)
            }
            if let folder = entry.folder {
                return FoundNode(node: .folder(folder), isShared: manager.isVisibleToEveryone(folder: folder))
            }
        }
        guard let path = path(ofFolder: id, for: request) else { throw .noSuchFileOrDirectory }
        if let stage = nascent.directory(id, for: request.uid)?.stage,
            let file = scratch[
                ScratchFiles.Place(secret: stage.secret, label: stage.label, uid: request.uid, name: name)]
        {
            return FoundNode(node: .scratch(file.number))
        }
        if let draft = files.draft(at: .folder(id), named: name, openedBy: request.uid) {
            return FoundNode(node: .scratch(draft.number))
        }
        let child = FolderID(path: Self.join(path, name))
        guard nascent.directory(child, for: request.uid) != nil else { throw .noSuchFileOrDirectory }
        return FoundNode(node: .folder(child))
    }

    private func find(_ name: String, inSecret serial: UInt32, for request: Request) throws(Errno)
        -> FoundNode
    {
        let caller = caller(request)
        guard let view = manager.view(serial, for: caller) else { throw .noSuchFileOrDirectory }
        let record = view.record
        if name == ReservedName.metadata {
            return FoundNode(node: .metadata(serial), isShared: view.isVisibleToEveryone)
        }
        if name == ReservedName.versions {
            return FoundNode(node: .versions(serial), isShared: view.isVisibleToEveryone)
        }
        if let label = try? StagingLabel(name), record.version(labelled: label) != nil,
            let number = record.stageNumber(label)
        {
            return FoundNode(node: .place(serial, .stage(number)), isShared: view.isVisibleToEveryone)
        }
        let path = Self.join(record.name.text, name)
        if let folder = manager.folder(under: record.name),
            let found = try? find(name, inFolder: folder, for: request)
        {
            return found
        }
        guard nascent.directory(FolderID(path: path), for: request.uid) != nil else {
            throw .noSuchFileOrDirectory
        }
        return FoundNode(node: .folder(FolderID(path: path)))
    }

    private func findVersion(_ name: String, of serial: UInt32, for request: Request) throws(Errno)
        -> FoundNode
    {
        guard let view = manager.view(serial, for: caller(request)), let id = VersionID(name),
            let version = view.record.version(id: id)
        else { throw .noSuchFileOrDirectory }
        return FoundNode(node: .place(serial, .version(version.sequence)), isShared: view.isVisibleToEveryone)
    }

    private func findFile(
        _ name: String, in serial: UInt32, _ place: Node.Place, for request: Request
    ) throws(Errno) -> FoundNode {
        guard let view = manager.view(serial, for: caller(request)),
            let version = view.record.version(at: place)
        else { throw .noSuchFileOrDirectory }
        if name == MemberName.value {
            return try present(.file(serial, place, member: nil), isShared: view.isVisibleToEveryone, request)
        }
        if let number = view.record.memberNumber(name),
            version.content.members.contains(where: { $0.number == number })
        {
            return try present(
                .file(serial, place, member: number), isShared: view.isVisibleToEveryone, request)
        }
        if case .stage(let number) = place, let label = view.record.label(number),
            let file = scratch[
                ScratchFiles.Place(secret: view.record.name, label: label, uid: request.uid, name: name)]
        {
            return FoundNode(node: .scratch(file.number))
        }
        guard let draft = files.draft(at: .place(serial, place), named: name, openedBy: request.uid)
        else { throw .noSuchFileOrDirectory }
        return FoundNode(node: .scratch(draft.number))
    }

    /// A file that is there, unless the caller's own process has put it aside to make it again.
    private func present(_ node: Node, isShared: Bool, _ request: Request) throws(Errno) -> FoundNode {
        guard absences.contains(node) else { return FoundNode(node: node, isShared: isShared) }
        if absences.contains(node, for: request.pid, now: manager.configuration.clock()) {
            throw .noSuchFileOrDirectory
        }
        return FoundNode(node: node)
    }

    /// The path of a folder that is there for the caller, or that the caller has made.
    func path(ofFolder id: FolderID, for request: Request) -> String? {
        if let path = manager.path(of: id) { return path }
        return nascent.directory(id, for: request.uid)?.path
    }

    static func join(_ path: String, _ name: String) -> String { path.isEmpty ? name : path + "/" + name }
}
