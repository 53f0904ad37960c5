/// A directory that exists because secrets' names begin with its path. The root is one too.
///
/// Belongs to the catalog and is touched under its lock only.
final class Folder {
    /// What stands at one name of a folder: a secret, a folder of further ones, or both.
    final class Child {
        let name: String
        /// The child's place in listings; it keeps it for life, and later ones get higher places.
        let place: UInt64
        var secret: UInt32?
        var folder: Folder?

        init(name: String, place: UInt64) {
            self.name = name
            self.place = place
        }
    }

    let path: String
    let id: FolderID
    private(set) var children: [String: Child] = [:]
    /// The same children, sorted by place.
    private(set) var ordered: [Child] = []
    private var nextPlace: UInt64 = 1

    init(path: String) {
        self.path = path
        id = FolderID(path: path)
    }

    /// The child of this name, made if there is none.
    func childMaking(_ name: String) -> Child {
        if let child = children[name] { return child }
        let child = Child(name: name, place: nextPlace)
        nextPlace += 1
        children[name] = child
        ordered.append(child)
        return child
    }

    /// Takes out a child that stands for nothing any more.
    func removeIfEmpty(_ child: Child) {
        guard child.secret == nil, child.folder == nil else { return }
        children[child.name] = nil
        let index = firstIndex(after: child.place - 1)
        if index < ordered.count, ordered[index] === child { ordered.remove(at: index) }
    }

    /// The index of the first child whose place is higher than this one.
    func firstIndex(after place: UInt64) -> Int {
        var low = 0
        var high = ordered.count
        while low < high {
            let middle = (low + high) / 2
            if ordered[middle].place > place { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
