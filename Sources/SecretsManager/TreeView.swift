public import CofferCore
internal import Synchronization

/// What the mount needs of a secret to show its directory; a state that doesn't change under the reader.
public struct SecretView: Sendable {
    let secret: Secret
    /// The metadata at this moment.
    public var record: SecretRecord { secret.record }
    /// Whether the kernel may keep the secret's name: everybody may see it.
    public let isVisibleToEveryone: Bool
}

/// What the caller may do with a file, as `access(2)` and the mode bits tell it.
public struct FileAccess: Sendable {
    public var mayRead: Bool
    public var mayWrite: Bool
}

// The tree as one caller sees it. Nothing here is recorded: looking is not reading.
extension SecretsManager {
    /// A secret, if the caller may see it.
    public func view(_ serial: UInt32, for caller: Caller) -> SecretView? {
        guard let secret = secret(serial), isVisible(secret, to: request(from: caller)) else { return nil }
        return SecretView(secret: secret, isVisibleToEveryone: isVisibleToEveryone(secret))
    }

    /// The serial of a secret by its name, if the caller may see it.
    public func secretSerial(named name: SecretName, for caller: Caller) -> UInt32? {
        guard let secret = secret(named: name), isVisible(secret, to: request(from: caller)) else {
            return nil
        }
        return secret.record.serial
    }

    /// A secret's metadata, whoever may see it: the caller has been asked for already.
    public func record(_ serial: UInt32) -> SecretRecord? { secret(serial)?.record }

    /// The serial of a secret by its name, whoever may see it: to tell the kernel what to forget.
    public func serial(named name: SecretName) -> UInt32? { secret(named: name)?.record.serial }

    /// What the caller may do with a version of a secret that they see, reached by a stage or (nil) by its id.
    public func access(to view: SecretView, stage: StagingLabel?, for caller: Caller) -> FileAccess {
        let request = request(from: caller)
        var target = target(view.secret, stage: stage)
        target.isStageKnown = stage != nil
        return FileAccess(
            mayRead: decide(.getSecretValue, on: target, by: request).isAllowed,
            mayWrite: decide(.putSecretValue, on: target, by: request).isAllowed)
    }

    /// Whether the caller may make a secret of this name.
    public func mayCreate(_ name: SecretName, for caller: Caller) -> Bool {
        mayDo(.createSecret, on: name, by: request(from: caller))
    }

    /// What stands at a name in a folder, as the caller sees it: parts that they don't see are left out.
    public func entry(in folder: FolderID, named name: String, for caller: Caller) -> FolderEntry? {
        let found = state.withLock { state in
            state.catalog.folder(folder)?.children[name].map(FolderEntry.init)
        }
        guard let found else { return nil }
        let request = request(from: caller)
        let visible = visiblePart(of: found, to: request)
        if visible == nil { noteRefusedLook(at: name, in: folder, by: request) }
        return visible
    }

    /// A part of a folder's listing, as the caller sees it, from behind a place on.
    ///
    /// - Returns: at most `limit` entries, and the place to go on from; nil where the listing ends.
    public func entries(
        in folder: FolderID, after place: UInt64, limit: Int, for caller: Caller
    ) -> (entries: [FolderEntry], next: UInt64?) {
        let request = request(from: caller)
        var place = place
        while true {
            let batch = entries(of: folder, after: place, limit: limit)
            guard let last = batch.last else { return ([], nil) }
            let visible = batch.compactMap { visiblePart(of: $0, to: request) }
            if !visible.isEmpty { return (visible, last.place) }
            place = last.place
        }
    }

    /// Whether a folder is there and the caller sees something in it. The root is seen by everybody.
    public func isVisible(folder: FolderID, for caller: Caller) -> Bool {
        folder == .root || isVisible(folder: folder, to: request(from: caller))
    }

    /// Whether everybody sees the folder: a secret right in it that everybody may see is enough; deeper ones aren't sought.
    public func isVisibleToEveryone(folder: FolderID) -> Bool {
        entries(of: folder, after: 0, limit: 16).contains { entry in
            entry.secret.flatMap { secret($0) }.map { isVisibleToEveryone($0) } ?? false
        }
    }

    /// A folder's path; nil where there is no such folder.
    public func path(of folder: FolderID) -> String? {
        state.withLock { $0.catalog.folder(folder)?.path }
    }

    /// The folder of the secrets whose names go on from this one's, if there are any.
    public func folder(under name: SecretName) -> FolderID? {
        state.withLock { $0.catalog.child(at: name.text)?.folder?.id }
    }

    /// What DescribeSecret would tell, for the size of `metadata.json`.
    public func description(of view: SecretView) -> SecretDescription { description(of: view.secret) }

    /// How many secrets there are, those that wait for their deletion included.
    public var secretCount: Int { state.withLock { $0.catalog.secretCount } }

    private func visiblePart(of entry: FolderEntry, to request: Request) -> FolderEntry? {
        var entry = entry
        if let serial = entry.secret, secret(serial).map({ isVisible($0, to: request) }) != true {
            entry.secret = nil
        }
        if let folder = entry.folder, !isVisible(folder: folder, to: request) { entry.folder = nil }
        return entry.secret == nil && entry.folder == nil ? nil : entry
    }
}
