internal import CofferCore
public import Fuse
internal import SecretsManager

/// One name in a listing, before it is cut to what the kernel asked for.
private struct ListedName {
    var name: String
    var node: Node
    var kind: FileKind
    /// Where it stands: what the next `readdir` gives to go on behind it.
    var place: Int64
}

// Listings. Each name has a place that it keeps while it lives, so a listing goes on rightly while names come and go.
extension CofferFileSystem {
    public func opendir(_ request: Request, node: InodeNumber, reply: consuming OpenReply) {
        do throws(Errno) {
            let attributes = try attributes(of: try resolve(node, for: request), for: request)
            guard attributes.kind == .directory else { throw .notDirectory }
            reply.succeed(OpenResponse())
        } catch {
            reply.fail(error)
        }
    }

    public func readdir(
        _ request: Request, node: InodeNumber, handle: UInt64, offset: Int64, size: Int,
        reply: consuming DirectoryReply
    ) {
        var reply = reply
        do throws(Errno) {
            let node = try resolve(node, for: request)
            _ = try attributes(of: node, for: request)
            var place = offset
            while true {
                let names = try names(in: node, after: place, for: request)
                guard let last = names.last else { break }
                for entry in names
                where !reply.add(
                    name: entry.name, inode: entry.node.inode, kind: entry.kind, nextOffset: entry.place)
                {
                    reply.finish()
                    return
                }
                place = last.place
            }
            reply.finish()
        } catch {
            reply.fail(error)
        }
    }

    /// The next names of a directory from behind a place on; none at the end.
    private func names(in node: Node, after place: Int64, for request: Request) throws(Errno) -> [ListedName]
    {
        if place < 2 {
            let dots = [
                ListedName(name: ".", node: node, kind: .directory, place: 1),
                ListedName(name: "..", node: .folder(.root), kind: .directory, place: 2),
            ]
            return dots.filter { $0.place > place }
        }
        switch node {
        case .folder(let id):
            let names = folderNames(id, after: place, offsetBy: 2, for: request)
            return names.isEmpty ? scratchNames(in: node, after: place, for: request) : names
        case .secret(let serial):
            guard let view = manager.view(serial, for: caller(request)) else { throw .noSuchFileOrDirectory }
            let own = secretNames(view.record).filter { $0.place > place }
            if !own.isEmpty { return own }
            return folderNames(
                FolderID(path: view.record.name.text), at: view.record.name.text, after: place,
                offsetBy: Self.nestedPlace, for: request)
        case .versions(let serial):
            guard let view = manager.view(serial, for: caller(request)) else { throw .noSuchFileOrDirectory }
            return view.record.versions.map { version in
                ListedName(
                    name: version.id.text, node: .place(serial, .version(version.sequence)), kind: .directory,
                    place: Int64(version.sequence) + 2)
            }.filter { $0.place > place }
        case .place(let serial, let where_):
            guard let view = manager.view(serial, for: caller(request)),
                let version = view.record.version(at: where_)
            else { throw .noSuchFileOrDirectory }
            let names = fileNames(view.record, version, serial, where_).filter { $0.place > place }
            return names.isEmpty ? scratchNames(in: node, after: place, for: request) : names
        case .metadata, .file, .scratch:
            throw .notDirectory
        }
    }

    /// Where the nested secrets begin in the listing of a secret's directory, behind what it has itself.
    private static let nestedPlace: Int64 = 1024

    private func secretNames(_ record: SecretRecord) -> [ListedName] {
        var names = record.labels.compactMap { label, _ -> ListedName? in
            guard let number = record.stageNumber(label) else { return nil }
            return ListedName(
                name: label.directoryName, node: .place(record.serial, .stage(number)), kind: .directory,
                place: Int64(number) + 2)
        }.sorted { $0.place < $1.place }
        names.append(
            ListedName(
                name: ReservedName.versions, node: .versions(record.serial), kind: .directory, place: 300))
        names.append(
            ListedName(
                name: ReservedName.metadata, node: .metadata(record.serial), kind: .regular, place: 301))
        return names
    }

    private func fileNames(
        _ record: SecretRecord, _ version: VersionRecord, _ serial: UInt32, _ place: Node.Place
    ) -> [ListedName] {
        var names = [
            ListedName(
                name: MemberName.value, node: .file(serial, place, member: nil), kind: .regular, place: 3)
        ]
        for member in version.content.members.sorted(by: { $0.number < $1.number }) {
            guard let name = record.memberName(member.number) else { continue }
            names.append(
                ListedName(
                    name: name, node: .file(serial, place, member: member.number), kind: .regular,
                    place: Int64(member.number) + 3))
        }
        return names
    }

    /// Where scratch files begin in a listing, behind everything else.
    private static let scratchPlace: Int64 = 1 << 41

    private func scratchNames(in node: Node, after place: Int64, for request: Request) -> [ListedName] {
        guard let stage = stageDirectory(node, for: request) else { return [] }
        return scratch.files(in: stage.secret, stage.label, of: request.uid).map { found in
            ListedName(
                name: found.name, node: .scratch(found.file.number),
                kind: found.file.link == nil ? .regular : .symlink,
                place: Self.scratchPlace + Int64(found.file.number >> 24))
        }.filter { $0.place > place }
    }

    private func folderNames(
        _ id: FolderID, at path: String? = nil, after place: Int64, offsetBy base: Int64, for request: Request
    ) -> [ListedName] {
        let after = UInt64(max(0, place - base))
        let (entries, _) = manager.entries(in: id, after: after, limit: 512, for: caller(request))
        if !entries.isEmpty {
            return entries.map { entry in
                let node: Node = entry.secret.map { .secret($0) } ?? .folder(entry.folder ?? .root)
                return ListedName(
                    name: entry.name, node: node, kind: .directory, place: Int64(entry.place) + base)
            }
        }
        guard let path = path ?? self.path(ofFolder: id, for: request) else { return [] }
        // What is real for the caller by now was listed above.
        let made = nascent.children(of: path, for: request.uid).filter {
            Int64($0.place) > place
                && manager.entry(in: id, named: $0.name, for: caller(request)) == nil
        }
        return made.map { directory in
            ListedName(
                name: directory.name, node: .folder(FolderID(path: directory.path)), kind: .directory,
                place: Int64(directory.place))
        }
    }
}
