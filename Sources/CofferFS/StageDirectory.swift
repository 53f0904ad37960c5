internal import CofferCore
internal import Fuse
internal import SecretsManager

/// A stage's directory that a caller may write in: of a secret, or of one that is to be made.
struct StageDirectory {
    let secret: SecretName
    let label: StagingLabel
    /// The directory; a nascent one is a folder.
    let node: Node
    /// The secret's serial, and the version that the stage stands for; nil in a nascent one.
    var version: (serial: UInt32, place: Node.Place, record: SecretRecord, version: VersionRecord)?

    /// The names that are there for everybody.
    var names: [String] {
        guard let version else { return [] }
        return [MemberName.value]
            + version.version.content.members.compactMap { version.record.memberName($0.number) }
    }

    /// The node of `value` or of a member that there is.
    func fileNode(_ name: String) -> Node? {
        guard let version else { return nil }
        if name == MemberName.value { return .file(version.serial, version.place, member: nil) }
        guard let number = version.record.memberNumber(name),
            version.version.content.members.contains(where: { $0.number == number })
        else { return nil }
        return .file(version.serial, version.place, member: number)
    }

    /// What a name stands for when it is written: `value`, or a member that is there or may be added.
    func target(_ name: String) -> DraftTarget? {
        if name == MemberName.value { return DraftTarget(name: secret, label: label, member: nil) }
        guard version?.version.content.isObject == true else { return nil }
        return DraftTarget(name: secret, label: label, member: name)
    }

    /// Where a scratch file of a user has its name.
    func place(_ name: String, of uid: UInt32) -> ScratchFiles.Place {
        ScratchFiles.Place(secret: secret, label: label, uid: uid, name: name)
    }
}

extension CofferFileSystem {
    /// The stage that a directory stands for, whoever may write in it; nil for any other directory.
    func stageDirectory(_ node: Node, for request: Request) -> StageDirectory? {
        switch node {
        case .folder(let id):
            guard let stage = nascent.directory(id, for: request.uid)?.stage else { return nil }
            return StageDirectory(secret: stage.secret, label: stage.label, node: node)
        case .place(let serial, let place):
            guard case .stage(let number) = place, let view = manager.view(serial, for: caller(request)),
                let label = view.record.label(number), let version = view.record.version(labelled: label)
            else { return nil }
            return StageDirectory(
                secret: view.record.name, label: label, node: node,
                version: (serial, place, view.record, version))
        case .secret, .versions, .metadata, .file, .scratch:
            return nil
        }
    }

    /// The stage that a directory stands for, if this caller may make and remove names in it.
    func writableStage(_ node: Node, for request: Request) throws(Errno) -> StageDirectory {
        switch node {
        case .place(_, .version), .versions: throw .readOnlyFileSystem
        case .metadata, .file, .scratch: throw .notDirectory
        case .folder, .secret, .place: break
        }
        guard let stage = stageDirectory(node, for: request) else {
            if case .place = node { throw .noSuchFileOrDirectory }
            throw .notPermitted
        }
        if stage.label == .previous { throw .readOnlyFileSystem }
        if let version = stage.version {
            guard let view = manager.view(version.serial, for: caller(request)) else {
                throw .noSuchFileOrDirectory
            }
            guard manager.access(to: view, stage: stage.label, for: caller(request)).mayWrite else {
                throw .permissionDenied
            }
        }
        return stage
    }
}
