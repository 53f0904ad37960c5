internal import CofferCore
internal import Fuse
internal import SecretsManager
internal import Synchronization

/// A directory that was made through the mount and holds no secret yet. It lives in memory, and only its maker sees it.
struct NascentDirectory: Sendable {
    /// The path from the mount point.
    let path: String
    /// The user who made it.
    let uid: UInt32
    let made: Timestamp
    /// For a stage directory: the secret and the label that a value written in it will get.
    let stage: (secret: SecretName, label: StagingLabel)?
    /// Where it stands in listings, behind everything that is there for good.
    let place: UInt64

    var name: String { String(path.split(separator: "/").last ?? "") }
}

/// The directories that wait for a secret.
final class NascentDirectories: Sendable {
    /// How many one user may have; a loop of mkdir finds an end.
    private static let limitPerUser = 1024

    /// Users don't see each other's directories, so that two may have one of the same path.
    private struct Key: Hashable {
        let uid: UInt32
        let id: FolderID
    }

    private struct Table {
        var directories: [Key: NascentDirectory] = [:]
        var countByUser: [UInt32: Int] = [:]
        var nextPlace: UInt64 = 1 << 40
        /// Stage directories whose secret was made meanwhile: a shell may still stand in one.
        var settled: [FolderID: (secret: SecretName, label: StagingLabel)] = [:]

        mutating func remove(_ directory: NascentDirectory) {
            let key = Key(uid: directory.uid, id: FolderID(path: directory.path))
            guard directories.removeValue(forKey: key) != nil else { return }
            let count = countByUser[directory.uid, default: 1] - 1
            countByUser[directory.uid] = count > 0 ? count : nil
        }
    }

    private let table = Mutex(Table())

    /// The directory with an id, if this user made it.
    func directory(_ id: FolderID, for uid: UInt32) -> NascentDirectory? {
        table.withLock { $0.directories[Key(uid: uid, id: id)] }
    }

    /// The stage that a directory has become, if its secret was made meanwhile.
    func settledStage(_ id: FolderID) -> (secret: SecretName, label: StagingLabel)? {
        table.withLock { $0.settled[id] }
    }

    /// Makes a directory; throws where there is one, or the user has too many.
    func make(
        path: String, uid: UInt32, stage: (secret: SecretName, label: StagingLabel)?, at time: Timestamp
    ) throws(Errno) -> FolderID {
        let id = FolderID(path: path)
        let failure = table.withLock { table -> Errno? in
            let key = Key(uid: uid, id: id)
            if table.directories[key] != nil { return .fileExists }
            guard table.countByUser[uid, default: 0] < Self.limitPerUser else { return .noSpace }
            table.directories[key] = NascentDirectory(
                path: path, uid: uid, made: time, stage: stage, place: table.nextPlace)
            table.nextPlace += 1
            table.countByUser[uid, default: 0] += 1
            return nil
        }
        if let failure { throw failure }
        return id
    }

    /// Removes a directory that is empty; tells whether there was one.
    func remove(path: String, uid: UInt32) throws(Errno) -> Bool {
        let outcome = table.withLock { table -> Result<Bool, Errno> in
            guard let directory = table.directories[Key(uid: uid, id: FolderID(path: path))] else {
                return .success(false)
            }
            if table.directories.values.contains(where: { $0.uid == uid && $0.path.hasPrefix(path + "/") }) {
                return .failure(.directoryNotEmpty)
            }
            table.remove(directory)
            return .success(true)
        }
        return try outcome.get()
    }

    /// Drops what a new secret has made real for the users who see it: its own directories and the folders on the way to it.
    func settle(_ name: SecretName, seenBy isSeen: (UInt32) -> Bool) {
        let concerned = table.withLock { table in
            table.directories.values.filter {
                name.text == $0.path || name.text.hasPrefix($0.path + "/") || $0.stage?.secret == name
            }
        }
        // The policies are asked outside the lock.
        let seen = concerned.filter { $0.stage?.secret == name || isSeen($0.uid) }
        table.withLock { table in
            for directory in seen {
                table.remove(directory)
                guard let stage = directory.stage, table.settled.count < Self.limitPerUser else { continue }
                table.settled[FolderID(path: directory.path)] = stage
            }
        }
    }

    /// A user's directories right below a path, in the order of places.
    func children(of path: String, for uid: UInt32) -> [NascentDirectory] {
        let prefix = path.isEmpty ? "" : path + "/"
        return table.withLock { table in
            table.directories.values.filter {
                $0.uid == uid && $0.path.hasPrefix(prefix) && !$0.path.dropFirst(prefix.count).contains("/")
            }
        }.sorted { $0.place < $1.place }
    }
}
