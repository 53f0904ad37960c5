internal import CofferCore
internal import Synchronization

// Who sees what of the tree: a secret is seen by who may DescribeSecret, a folder by who sees something in it.
extension SecretsManager {
    /// Whether the caller may see a secret. Not recorded: looking is not reading.
    func isVisible(_ secret: Secret, to request: Request) -> Bool {
        !secret.isPendingDeletion
            && decide(.describeSecret, on: target(secret, stage: nil), by: request).isAllowed
    }

    /// Whether everybody may see a secret, whoever asks: then the kernel may keep its name.
    func isVisibleToEveryone(_ secret: Secret) -> Bool {
        let target = target(secret, stage: nil)
        return !secret.isPendingDeletion
            && PolicyEvaluator.isAllowedToEveryone(
                .describeSecret, store: target.storeStatements, secret: target.ownPolicy?.statements ?? [])
    }

    /// Whether the caller sees anything in a folder.
    func isVisible(folder: FolderID, to request: Request) -> Bool {
        var place: UInt64 = 0
        while true {
            let batch = entries(of: folder, after: place, limit: 256)
            guard let last = batch.last else { return false }
            for entry in batch where isVisible(entry, to: request) { return true }
            place = last.place
        }
    }

    /// Whether the caller sees what stands at a name: the secret, or something in the folder.
    func isVisible(_ entry: FolderEntry, to request: Request) -> Bool {
        if let serial = entry.secret, let secret = secret(serial), isVisible(secret, to: request) {
            return true
        }
        if let folder = entry.folder { return isVisible(folder: folder, to: request) }
        return false
    }

    /// What stands in a folder, in the order of places, without regard to who may see it.
    public func entries(of folder: FolderID, after place: UInt64, limit: Int) -> [FolderEntry] {
        state.withLock { state in
            guard let folder = state.catalog.folder(folder) else { return [] }
            let first = folder.firstIndex(after: place)
            return folder.ordered[first..<min(first + limit, folder.ordered.count)].map(FolderEntry.init)
        }
    }

    /// The present state of a secret.
    func secret(_ serial: UInt32) -> Secret? { state.withLock { $0.catalog.secret(serial) } }

    /// The present state of a secret by its name.
    func secret(named name: SecretName) -> Secret? { state.withLock { $0.catalog.secret(named: name) } }
}

/// What stands at one name of a folder: a secret, a folder of further ones, or both.
public struct FolderEntry: Sendable {
    public let name: String
    /// Where it stands in listings; it stays the same while the entry lives, and later entries have higher places.
    public let place: UInt64
    /// The serial of the secret at this very name.
    public internal(set) var secret: UInt32?
    /// The folder of secrets whose names go on from here.
    public internal(set) var folder: FolderID?

    init(_ child: Folder.Child) {
        name = child.name
        place = child.place
        secret = child.secret
        folder = child.folder?.id
    }
}
