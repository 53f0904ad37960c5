internal import CofferCore

/// The metadata of every secret in memory, by serial, by name, and as the tree of folders that the names make.
///
/// Invariants: `secrets[n]` has the serial n; each secret stands at its name's child; a folder other than the root has a
/// child; `folders` holds every folder by its id. Guarded by the manager's lock.
struct Catalog {
    /// By serial; index 0 is never used.
    private(set) var secrets: [Secret?] = [nil]
    private(set) var secretCount = 0
    private var folders: [FolderID: Folder] = [:]
    let root = Folder(path: "")

    init() { folders[root.id] = root }

    /// The secret with a serial.
    func secret(_ serial: UInt32) -> Secret? {
        Int(serial) < secrets.count ? secrets[Int(serial)] : nil
    }

    /// The secret with a name, also while its deletion is scheduled.
    func secret(named name: SecretName) -> Secret? {
        guard let serial = child(at: name.text)?.secret else { return nil }
        return secret(serial)
    }

    /// The folder with an id.
    func folder(_ id: FolderID) -> Folder? { folders[id] }

    /// What stands at a path.
    func child(at path: String) -> Folder.Child? {
        guard let slash = path.lastIndex(of: "/") else { return root.children[path] }
        return folders[FolderID(path: String(path[..<slash]))]?.children[
            String(path[path.index(after: slash)...])]
    }

    /// Whether a new secret of this name would need a folder whose number another folder has (1 in 2^61 a pair).
    func hasFolderCollision(_ name: SecretName) -> Bool {
        ancestors(of: name.text).contains { path in
            folders[FolderID(path: path)].map { $0.path != path } ?? false
        }
    }

    /// Puts a secret in, or a newer state of it in the place of the older.
    mutating func put(_ secret: Secret) {
        let serial = Int(secret.record.serial)
        if serial >= secrets.count {
            secrets.append(contentsOf: repeatElement(nil, count: serial + 1 - secrets.count))
        }
        if secrets[serial] == nil {
            secretCount += 1
            makeChild(at: secret.record.name.text).secret = secret.record.serial
        }
        secrets[serial] = secret
    }

    /// Takes a secret out, and the folders which it alone kept.
    mutating func remove(_ serial: UInt32) {
        guard let secret = secret(serial) else { return }
        secrets[Int(serial)] = nil
        secretCount -= 1
        let path = secret.record.name.text
        child(at: path)?.secret = nil
        prune(path)
    }

    /// Every secret, in order of serial.
    var all: some Sequence<Secret> { secrets.lazy.compactMap(\.self) }

    private mutating func makeChild(at path: String) -> Folder.Child {
        guard let slash = path.lastIndex(of: "/") else { return root.childMaking(path) }
        return makeFolder(String(path[..<slash])).childMaking(String(path[path.index(after: slash)...]))
    }

    private mutating func makeFolder(_ path: String) -> Folder {
        let id = FolderID(path: path)
        if let folder = folders[id] { return folder }
        let folder = Folder(path: path)
        folders[id] = folder
        makeChild(at: path).folder = folder
        return folder
    }

    private mutating func prune(_ path: String) {
        guard let child = child(at: path) else { return }
        if let folder = child.folder, folder.children.isEmpty {
            folders[folder.id] = nil
            child.folder = nil
        }
        let parentPath = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
        guard let parent = folders[FolderID(path: parentPath)] else { return }
        parent.removeIfEmpty(child)
        if parent.children.isEmpty, !parentPath.isEmpty { prune(parentPath) }
    }

    private func ancestors(of path: String) -> [String] {
        path.indices.filter { path[$0] == "/" }.map { String(path[..<$0]) }
    }
}
