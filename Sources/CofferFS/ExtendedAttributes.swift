internal import CofferCore
public import Fuse
internal import SecretsManager
internal import Synchronization

/// The extended attributes: what a version is, for `getfattr -d`, and what a writer expects.
private enum Xattr {
    static let prefix = "user.coffer."
    static let expect = prefix + "expect"
    /// Those that describe: they can't be changed.
    static let described = [
        "secret", "version-id", "stages", "created", "key-id", "rotation", "strict",
    ].map { prefix + $0 }
    /// Source: setxattr(2), XATTR_CREATE and XATTR_REPLACE.
    static let create: Int32 = 1
    static let replace: Int32 = 2
}

// Looking at them decrypts nothing and is not recorded. Other namespaces (`security`, `system`, `trusted`) don't exist
// here: EOPNOTSUPP, which `ls` and `cp` remember for the mount, and which the kernel, unlike ENOSYS, does not.
extension CofferFileSystem {
    public func getxattr(
        _ request: Request, node inode: InodeNumber, name: String, reply: consuming XattrReply
    ) {
        guard name.hasPrefix(Xattr.prefix) else {
            reply.fail(name.hasPrefix("user.") ? .noData : .notSupported)
            return
        }
        do throws(Errno) {
            let node = try resolve(inode, for: request)
            guard let value = try described(node, for: request).first(where: { $0.name == name })?.value
            else { throw .noData }
            var waiting: XattrReply? = consume reply
            unsafe Array(value.utf8).withUnsafeBytes { unsafe waiting.take()?.succeed($0) }
        } catch {
            reply.fail(error)
        }
    }

    public func listxattr(_ request: Request, node inode: InodeNumber, reply: consuming XattrReply) {
        do throws(Errno) {
            let node = try resolve(inode, for: request)
            reply.succeed(names: try described(node, for: request).map(\.name))
        } catch {
            reply.fail(error)
        }
    }

    public func setxattr(
        _ request: Request, node inode: InodeNumber, name: String, value: UnsafeRawBufferPointer,
        flags: Int32,
        reply: consuming EmptyReply
    ) {
        do throws(Errno) {
            let node = try resolve(inode, for: request)
            guard name == Xattr.expect else {
                try checkMayPretend(to: name, at: node, flags: flags, for: request)
                reply.succeed()
                return
            }
            guard let expected = ExpectedVersion(unsafe String(decoding: value, as: UTF8.self)) else {
                throw .invalidArgument
            }
            guard let draft = ownDraft(at: node, by: request) else { throw .badFileDescriptor }
            try draft.state.withLock { state throws(Errno) in
                if flags & Xattr.create != 0, state.expected != nil { throw .fileExists }
                if flags & Xattr.replace != 0, state.expected == nil { throw .noData }
                state.expected = expected
            }
            reply.succeed()
        } catch {
            reply.fail(error)
        }
    }

    public func removexattr(
        _ request: Request, node inode: InodeNumber, name: String, reply: consuming EmptyReply
    ) {
        do throws(Errno) {
            let node = try resolve(inode, for: request)
            guard name == Xattr.expect else {
                guard name.hasPrefix("user.") else { throw .notSupported }
                guard Xattr.described.contains(name) else { throw .noData }
                try checkMayPretend(to: name, at: node, flags: 0, for: request)
                reply.succeed()
                return
            }
            let wasThere = ownDraft(at: node, by: request)?.state.withLock { $0.expected.take() != nil }
            guard wasThere == true else { throw .noData }
            reply.succeed()
        } catch {
            reply.fail(error)
        }
    }

    /// Throws unless a change of what describes a version may be taken as done, though it changes nothing.
    ///
    /// As with times: they follow the version. A copy made with `cp -a` or `rsync -X` brings them back with it, and
    /// must not fail for that. What nobody would read again is refused instead.
    private func checkMayPretend(
        to name: String, at node: Node, flags: Int32, for request: Request
    ) throws(Errno) {
        guard Xattr.described.contains(name) else { throw .notSupported }
        let isThere = try described(node, for: request).contains { $0.name == name }
        if flags & Xattr.create != 0, isThere { throw .fileExists }
        if flags & Xattr.replace != 0, !isThere { throw .noData }
        guard case .file(let serial, let place, _) = node else { return }
        let view = try view(serial, for: request)
        guard let version = view.record.version(at: place) else { throw .noSuchFileOrDirectory }
        if access(to: view, at: place, version, for: request).mayWrite { return }
        switch place {
        case .version, .stage(2): throw .readOnlyFileSystem
        case .stage: throw .permissionDenied
        }
    }

    /// What a node's attributes say to this caller: for the process that has a file open of the version it has open.
    private func described(
        _ node: Node, for request: Request
    ) throws(Errno) -> [(name: String, value: String)] {
        switch node {
        case .folder, .versions, .metadata, .scratch:
            // Throws where the caller doesn't see it.
            _ = try attributes(of: node, for: request)
            return expectation(at: node, by: request)
        case .secret(let serial):
            return described(try view(serial, for: request).record, nil)
        case .place(let serial, let place):
            let record = try view(serial, for: request).record
            guard let version = record.version(at: place) else { throw .noSuchFileOrDirectory }
            return described(record, version)
        case .file(let serial, let place, _):
            let record = try view(serial, for: request).record
            guard let present = record.version(at: place) else { throw .noSuchFileOrDirectory }
            let open = openVersion(at: node, by: request)
            // Its labels may have moved since it was opened.
            let version = open.map { record.version(sequence: $0.sequence) ?? $0 } ?? present
            return described(record, version) + expectation(at: node, by: request)
        }
    }

    private func described(
        _ record: SecretRecord, _ version: VersionRecord?
    ) -> [(name: String, value: String)] {
        var values = [(Xattr.described[0], record.name.text)]
        if let version {
            values.append((Xattr.described[1], version.id.text))
            values.append((Xattr.described[2], version.stages.map(\.text).joined(separator: ",")))
            values.append((Xattr.described[3], version.created.text))
            values.append((Xattr.described[4], version.keyText))
        } else {
            values.append((Xattr.described[3], record.created.text))
        }
        // Rotation has no schedule yet (DescribeSecret: RotationEnabled false).
        values.append((Xattr.described[5], "not scheduled"))
        values.append((Xattr.described[6], record.fileSettings.isStrict ? "yes" : "no"))
        return values
    }

    private func expectation(at node: Node, by request: Request) -> [(name: String, value: String)] {
        guard let expected = ownDraft(at: node, by: request)?.state.withLock({ $0.expected }) else {
            return []
        }
        return [(Xattr.expect, expected.text)]
    }

    /// The version that a process has open at a node: what its draft began with or has made, or its snapshot.
    private func openVersion(at node: Node, by request: Request) -> VersionRecord? {
        switch openFile(at: node, by: request) {
        case .draft(let draft)?: draft.state.withLock { $0.committed?.version } ?? draft.base?.version
        case .snapshot(let snapshot)?: snapshot.readable.version
        case .left(let file)?: openVersion(of: file)
        case .text?, .scratch?, nil: nil
        }
    }

    /// The draft that a process, or the shell whose child it is, has open at a node; the last one of several.
    ///
    /// The call names no descriptor, so it is told by the process, as `fstat` is.
    private func ownDraft(at node: Node, by request: Request) -> Draft? {
        let drafts = files.files(at: node.inode).compactMap { file -> Draft? in
            guard case .draft(let draft) = file, draft.opener.uid == request.uid else { return nil }
            return draft
        }
        return drafts.last { draft in
            draft.opener.pid == request.pid
                || ProcessTree.isThread(request.pid, ofProcess: draft.process, orDescendants: true)
        }
    }
}
