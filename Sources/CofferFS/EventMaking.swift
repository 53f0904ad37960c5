internal import CofferCore
internal import Fuse
internal import SecretsManager

// The calls of the process that makes events for watchers. It needs every name, whoever may see it, and gets nothing else:
// what it opens can't be read or written, and makes no audit record, draft or version.
extension CofferFileSystem {
    /// The handle of everything it opens; none of `OpenFiles` has this generation and slot together.
    static let eventHandle = UInt64.max

    /// Whether a request is one of that process, which has one thread.
    func isEventMaker(_ request: Request) -> Bool {
        guard let events else { return false }
        guard request.pid > 0 else { return false }
        if events.process == request.pid { return true }
        // The call in which the process of the one before was, when that ended. No later one: its number may be another's.
        return request.isResent && takeover?.formerEventProcess == request.pid
    }

    /// What stands at a name, whoever may see it: only what is on the way to a stage's files.
    func findForEvents(_ name: String, in parent: InodeNumber) throws(Errno) -> FileAttributes {
        let node: Node
        switch Node(parent) {
        case .folder(let id)?:
            guard let path = manager.path(of: id) else { throw .noSuchFileOrDirectory }
            node = try child(name, of: path)
        case .secret(let serial)?:
            guard let record = manager.record(serial) else { throw .noSuchFileOrDirectory }
            if let label = try? StagingLabel(name), label.directoryName == name,
                record.version(labelled: label) != nil, let number = record.stageNumber(label)
            {
                node = .place(serial, .stage(number))
            } else {
                node = try child(name, of: record.name.text)
            }
        case .place(let serial, let place)?:
            guard let record = manager.record(serial) else { throw .noSuchFileOrDirectory }
            node = .file(serial, place, member: name == MemberName.value ? nil : record.memberNumber(name))
            if name != MemberName.value, record.memberNumber(name) == nil { throw .noSuchFileOrDirectory }
        default:
            throw .noSuchFileOrDirectory
        }
        var attributes = try attributesForEvents(of: node)
        if case .file = node { attributes.linkCount += 1 }
        return attributes
    }

    private func child(_ name: String, of path: String) throws(Errno) -> Node {
        let path = Self.join(path, name)
        if let name = try? SecretName(path), let serial = manager.serial(named: name),
            manager.record(serial)?.deletion == nil
        {
            return .secret(serial)
        }
        guard manager.path(of: FolderID(path: path)) != nil else { throw .noSuchFileOrDirectory }
        return .folder(FolderID(path: path))
    }

    /// The attributes of a node for that process: they are the kernel's for everybody, so sizes and times are true, and the
    /// owner stays who was told last.
    func attributesForEvents(of inode: InodeNumber) throws(Errno) -> FileAttributes {
        guard let node = Node(inode) else { throw .noSuchFileOrDirectory }
        return try attributesForEvents(of: node)
    }

    private func attributesForEvents(of node: Node) throws(Errno) -> FileAttributes {
        switch node {
        case .folder:
            return directory(node, started)
        case .secret(let serial):
            guard let record = manager.record(serial) else { throw .noSuchFileOrDirectory }
            return directory(node, record.changed)
        case .place(let serial, let place):
            guard let version = manager.record(serial)?.version(at: place) else {
                throw .noSuchFileOrDirectory
            }
            return directory(node, version.created, changed: version.stagesChanged)
        case .file(let serial, let place, let member):
            guard let version = manager.record(serial)?.version(at: place) else {
                throw .noSuchFileOrDirectory
            }
            guard let size = version.size(ofMember: member) else { throw .noSuchFileOrDirectory }
            var attributes = file(
                node, size: Int(size), permissions: 0o600, owner: nil, version.created,
                changed: max(version.created, version.stagesChanged))
            owners.restore(in: &attributes)
            return attributes
        case .metadata, .versions, .scratch:
            throw .noSuchFileOrDirectory
        }
    }
}
