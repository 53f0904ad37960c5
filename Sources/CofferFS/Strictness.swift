internal import CofferCore
internal import Fuse
internal import SecretsManager
internal import Synchronization

// Strict secrets: each READ is decided anew, and nothing of them goes into the page cache.
extension CofferFileSystem {
    /// Why a read of an open file of a strict secret is refused; nil where it may go on.
    func refusal(
        of snapshot: Snapshot, at node: InodeNumber, fillsPageCache: Bool, for request: Request
    ) -> Errno? {
        let readable = snapshot.readable
        var read = StrictRead(
            secret: readable.secret, openerUID: readable.opener.uid,
            selector: .sequence(readable.version.sequence), version: readable.version.id, member: nil,
            fillsPageCache: fillsPageCache)
        if case .file(let serial, let place, let member)? = Node(node) {
            let record = manager.record(serial)
            if case .stage(let number) = place, let label = record?.label(number) {
                read.selector = .stage(label)
            }
            read.member = member.flatMap { record?.memberName($0) }
        }
        return refusal(of: read, for: request)
    }

    /// The same for a draft that is read.
    func refusal(of draft: Draft, fillsPageCache: Bool, for request: Request) -> Errno? {
        guard let serial = manager.serial(named: draft.target.name), manager.isStrict(serial) else {
            return nil
        }
        let read = StrictRead(
            secret: serial, openerUID: draft.opener.uid, selector: .stage(draft.target.label),
            version: draft.base?.version.id, member: draft.target.member, fillsPageCache: fillsPageCache)
        return refusal(of: read, for: request)
    }

    /// The same for a scratch file, which may be a backup of the value beside it.
    func refusal(of file: ScratchFile, fillsPageCache: Bool, for request: Request) -> Errno? {
        guard let serial = manager.serial(named: file.origin.secret), manager.isStrict(serial) else {
            return nil
        }
        let read = StrictRead(
            secret: serial, openerUID: file.owner, selector: .stage(file.origin.label), version: nil,
            member: nil, fillsPageCache: fillsPageCache)
        return refusal(of: read, for: request)
    }

    private func refusal(of read: StrictRead, for request: Request) -> Errno? {
        do throws(ServiceError) {
            try manager.authorizeStrictRead(caller(request), read)
            return nil
        } catch {
            return errno(error)
        }
    }

    /// Makes files that are open follow their secret when it becomes strict, or is strict no longer.
    func followStrictness(_ change: SecretChange, _ kernel: Notifications) {
        guard let before = change.before, let after = change.after,
            before.fileSettings.isStrict != after.fileSettings.isStrict
        else { return }
        let isStrict = after.fileSettings.isStrict
        for snapshot in files.snapshots(of: after.serial) {
            snapshot.isStrict.store(isStrict, ordering: .relaxed)
        }
        guard isStrict else { return }
        // What mappings and sendfile brought into the page cache before must not serve them now.
        for node in nodes(of: after) { kernel.invalidateInode(node.inode) }
    }

    /// The files of a secret, at each label and under `versions/`.
    private func nodes(of record: SecretRecord) -> [Node] {
        record.versions.flatMap { version -> [Node] in
            let stages = version.stages.compactMap { record.stageNumber($0).map { Node.Place.stage($0) } }
            let members: [UInt16?] = [nil] + version.content.members.map(\.number)
            return ([.version(version.sequence)] + stages).flatMap { place in
                members.map { Node.file(record.serial, place, member: $0) }
            }
        }
    }
}
