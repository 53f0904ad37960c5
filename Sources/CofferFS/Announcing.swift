internal import CofferCore
internal import Fuse
internal import SecretsManager
internal import Synchronization

// What the kernel holds of the tree is told to be forgotten when it changes; everything happens on the notifier's thread.
extension CofferFileSystem {
    func announce(_ change: SecretChange) {
        guard let kernel = notifications.withLock({ $0 }) else { return }
        guard let record = change.after ?? change.before else {
            // A policy for many secrets: every name at the top goes, and what hangs below with it.
            forgetTop(kernel)
            noteTold(change.serial, change.revision, kernel)
            return
        }
        if change.before == nil {
            nascent.settle(record.name) { uid in
                let user = Caller(uid: uid, gid: uid, pid: 0, groups: [], door: .mount)
                return manager.secretSerial(named: record.name, for: user) != nil
            }
        }
        let isGone = change.after == nil || change.after?.deletion != nil
        if isGone || change.affectsAccess || change.before == nil { forgetName(of: record, kernel) }
        var isTold = true
        if let before = change.before {
            forgetVersions(before, change.after, kernel)
            // Last: by then the kernel asks for what has changed.
            isTold = !tellWatchers(before, change.after, as: change.revision, kernel)
        }
        followStrictness(change, kernel)
        if isTold { noteTold(change.serial, change.revision, kernel) }
    }

    /// Announces what the process before has committed and may not have announced: how it was before isn't known.
    func announceAgain(_ serial: UInt32?, revision: UInt64, _ kernel: Notifications) {
        guard let serial, let record = manager.record(serial) else {
            forgetTop(kernel)
            noteTold(serial, revision, kernel)
            return
        }
        forgetName(of: record, kernel)
        for (label, version) in record.labels {
            guard let number = record.stageNumber(label) else { continue }
            for node in Self.files(of: serial, .stage(number), [version]) { kernel.invalidateInode(node) }
        }
        if !tellWatchers(ofAllStagesOf: record, as: revision, kernel) { noteTold(serial, revision, kernel) }
    }

    /// Notes for the next process that everybody has been told, once they have.
    private func noteTold(_ serial: UInt32?, _ revision: UInt64, _ kernel: Notifications) {
        kernel.afterwards { [manager] in manager.noteTold(of: serial, upTo: revision) }
    }

    private func forgetTop(_ kernel: Notifications) {
        var place: UInt64 = 0
        while true {
            let batch = manager.entries(of: .root, after: place, limit: 1024)
            guard let last = batch.last else { return }
            for entry in batch { kernel.invalidateEntry(parent: .root, name: entry.name) }
            place = last.place
        }
    }

    /// The names on the way to a secret: folders may have come or gone with it.
    private func forgetName(of record: SecretRecord, _ kernel: Notifications) {
        var path = ""
        for component in record.name.components {
            let name = String(component)
            kernel.invalidateEntry(parent: Node.folder(FolderID(path: path)).inode, name: name)
            if let outer = try? SecretName(path), let serial = manager.serial(named: outer) {
                kernel.invalidateEntry(parent: Node.secret(serial).inode, name: name)
            }
            path = Self.join(path, name)
        }
    }

    /// The names that stand for nothing now, and the pages of the files that show another version.
    private func forgetVersions(_ before: SecretRecord, _ after: SecretRecord?, _ kernel: Notifications) {
        for (label, version) in before.labels {
            guard let number = before.stageNumber(label) else { continue }
            let place = Node.Place.stage(number)
            let now = after?.version(labelled: label)
            if now == version { continue }
            if now == nil {
                kernel.invalidateEntry(parent: Node.secret(before.serial).inode, name: label.directoryName)
                kernel.invalidateEntry(parent: Node.secret(before.serial).inode, name: label.text)
            }
            kernel.invalidateInode(Node.file(before.serial, place, member: nil).inode)
            for member in version.content.members {
                kernel.invalidateInode(Node.file(before.serial, place, member: member.number).inode)
                if now?.content.members.contains(where: { $0.number == member.number }) != true,
                    let name = before.memberName(member.number)
                {
                    kernel.invalidateEntry(parent: Node.place(before.serial, place).inode, name: name)
                }
            }
        }
        let kept = Set(after?.versions.map(\.sequence) ?? [])
        for version in before.versions where !kept.contains(version.sequence) {
            kernel.invalidateEntry(parent: Node.versions(before.serial).inode, name: version.id.text)
        }
    }
}
