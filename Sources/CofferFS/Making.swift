internal import CofferCore
public import Fuse
internal import SecretsManager

// What makes and removes names: directories for secrets to come, files that are new, the deletion of a secret.
extension CofferFileSystem {
    public func mkdir(
        _ request: Request, parent: InodeNumber, name: String, permissions: UInt16,
        reply: consuming EntryReply
    ) {
        do throws(Errno) {
            let parent = try resolve(parent, for: request)
            if (try? find(name, in: parent, for: request)) != nil { throw .fileExists }
            let made = try make(name, in: parent, for: request)
            let node = Node.folder(made)
            reply.succeed(
                Entry(
                    attributes: try attributes(of: node, for: request), generation: generations[node.inode]))
        } catch {
            reply.fail(error)
        }
    }

    private func make(_ name: String, in parent: Node, for request: Request) throws(Errno) -> FolderID {
        guard name.utf8.count <= 255 else { throw .fileNameTooLong }
        let now = manager.configuration.clock()
        let parentPath: String
        var secret: SecretName?
        switch parent {
        case .folder(let id):
            guard let path = path(ofFolder: id, for: request) else { throw .noSuchFileOrDirectory }
            if nascent.directory(id, for: request.uid)?.stage != nil { throw .notPermitted }
            parentPath = path
            secret = try? SecretName(path)
        case .secret(let serial):
            guard let view = manager.view(serial, for: caller(request)) else { throw .noSuchFileOrDirectory }
            parentPath = view.record.name.text
            secret = view.record.name
        case .versions, .place: throw .notPermitted
        case .metadata, .file, .scratch: throw .notDirectory
        }
        let path = Self.join(parentPath, name)
        guard path.utf8.count <= SecretName.maximumLength else { throw .fileNameTooLong }
        if let label = StagingLabel.aws.first(where: { $0.directoryName == name }) {
            guard label != .previous, let secret else { throw .notPermitted }
            try checkMayMake(label, of: secret, for: request)
            return try nascent.make(path: path, uid: request.uid, stage: (secret, label), at: now)
        }
        do {
            try SecretName.checkComponent(Substring(name))
        } catch {
            switch error {
            case .reserved: throw .notPermitted
            case .empty, .tooLong, .componentTooLong, .badCharacter, .badComponent: throw .invalidArgument
            }
        }
        // Anybody may make folders for themselves: nobody else sees them, and they hold nothing until a policy
        // lets a secret be made there.
        return try nascent.make(path: path, uid: request.uid, stage: nil, at: now)
    }

    private func checkMayMake(_ label: StagingLabel, of name: SecretName, for request: Request) throws(Errno)
    {
        let caller = caller(request)
        if let serial = manager.secretSerial(named: name, for: caller),
            let view = manager.view(serial, for: caller)
        {
            guard manager.access(to: view, stage: label, for: caller).mayWrite else {
                throw .permissionDenied
            }
            return
        }
        // A secret begins with its current version.
        guard label == .current else { throw .notPermitted }
        guard manager.mayCreate(name, for: caller) else { throw .permissionDenied }
    }

    public func create(
        _ request: Request, parent: InodeNumber, name: String, permissions: UInt16, flags: OpenFlags,
        reply: consuming CreateReply
    ) {
        do throws(Errno) {
            guard name.utf8.count <= 255 else { throw .fileNameTooLong }
            if request.isResent { files.forget(openedBy: request.number) }
            let parent = try resolve(parent, for: request)
            let (file, node) = try openOrMake(
                name, in: parent, permissions: permissions, flags: flags, for: request)
            let handle = files.insert(file, at: node.inode, for: request)
            do throws(Errno) {
                let entry = Entry(attributes: try entryAttributes(of: node, for: request))
                if !reply.succeed(entry, OpenResponse(handle: handle, directIO: true)) { forget(handle) }
            } catch {
                forget(handle)
                throw error
            }
        } catch {
            reply.fail(error)
        }
    }

    private func openOrMake(
        _ name: String, in parent: Node, permissions: UInt16, flags: OpenFlags, for request: Request
    ) throws(Errno) -> (OpenFiles.File, Node) {
        if let existing = try? find(name, in: parent, for: request) {
            if flags.isExclusive { throw .fileExists }
            if case .scratch(let number) = existing.node {
                return (.scratch(try openScratch(number, flags: flags, for: request)), existing.node)
            }
            return (.draft(try openDraft(existing.node, flags: flags, for: request)), existing.node)
        }
        if let node = stageDirectory(parent, for: request)?.fileNode(name) {
            // It is there, but not for this process, which has put it aside and now makes it again.
            let draft = try openDraft(node, flags: flags.union(.truncate), for: request)
            noteReplaced(node, by: request)
            return (.draft(draft), node)
        }
        if let made = try makeScratch(
            name, in: parent, permissions: permissions, flags: flags, for: request)
        {
            return (.scratch(made), .scratch(made.file.number))
        }
        let draft = try makeFile(name, in: parent, flags: flags, for: request)
        return (.draft(draft), .scratch(draft.number))
    }

    /// A file that isn't there yet: the value of a secret to come, or one more member of a JSON object.
    private func makeFile(
        _ name: String, in parent: Node, flags: OpenFlags, for request: Request
    ) throws(Errno) -> Draft {
        let target: DraftTarget
        switch parent {
        case .folder(let id):
            guard let stage = nascent.directory(id, for: request.uid)?.stage, name == MemberName.value
            else { throw .notPermitted }
            target = DraftTarget(name: stage.secret, label: stage.label, member: nil)
        case .place(let serial, .stage(let number)):
            guard let view = manager.view(serial, for: caller(request)),
                let label = view.record.label(number),
                let version = view.record.version(labelled: label)
            else { throw .noSuchFileOrDirectory }
            guard label != .previous else { throw .readOnlyFileSystem }
            guard version.content.isObject else { throw .notPermitted }
            target = DraftTarget(name: view.record.name, label: label, member: name)
        case .place(_, .version), .versions:
            throw .readOnlyFileSystem
        case .secret:
            throw .notPermitted
        case .metadata, .file, .scratch:
            throw .notDirectory
        }
        return try makeDraft(target, parent: parent, name: name, flags: flags, for: request)
    }

    public func rmdir(_ request: Request, parent: InodeNumber, name: String, reply: consuming EmptyReply) {
        if wasDone(request) { return reply.succeed() }
        do throws(Errno) {
            let parent = try resolve(parent, for: request)
            let found = try find(name, in: parent, for: request)
            switch found.node {
            case .folder(let id):
                guard let path = path(ofFolder: id, for: request) else { throw .noSuchFileOrDirectory }
                if let stage = nascent.directory(id, for: request.uid)?.stage,
                    !scratch.files(in: stage.secret, stage.label, of: request.uid).isEmpty
                {
                    throw .directoryNotEmpty
                }
                guard try nascent.remove(path: path, uid: request.uid) else { throw .directoryNotEmpty }
                generations.noteRemoved(found.node.inode)
                reply.succeed()
            case .secret(let serial):
                try checkHasNoNested(serial, for: request)
                delete(serial, for: request, reply)
            case .versions, .place:
                throw .notPermitted
            case .metadata, .file, .scratch:
                throw .notDirectory
            }
        } catch {
            reply.fail(error)
        }
    }

    private func checkHasNoNested(_ serial: UInt32, for request: Request) throws(Errno) {
        let caller = caller(request)
        guard let view = manager.view(serial, for: caller) else { throw .noSuchFileOrDirectory }
        if let folder = manager.folder(under: view.record.name),
            manager.isVisible(folder: folder, for: caller)
        {
            throw .directoryNotEmpty
        }
    }

    private func delete(_ serial: UInt32, for request: Request, _ reply: consuming EmptyReply) {
        let caller = caller(request)
        afterwards(reply) { [self] () throws(Errno) in
            guard let view = manager.view(serial, for: caller) else { throw .noSuchFileOrDirectory }
            do throws(ServiceError) {
                _ = try manager.deleteSecret(caller, name: view.record.name)
                generations.noteRemoved(Node.secret(serial).inode)
            } catch {
                throw errno(error)
            }
        }
    }
}
