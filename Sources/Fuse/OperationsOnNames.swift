import CFuse
import Glibc

extension Operations {
    static func addNames(_ table: inout fuse_lowlevel_ops) {
        unsafe table.mknod = { raw, parent, name, mode, device in
            let call = unsafe Call(raw)
            guard let name = unsafe Operations.text(name), let kind = FileKind(mode: mode) else {
                return call.pending.fail(.invalidArgument)
            }
            call.fileSystem.mknod(
                call.request, parent: InodeNumber(rawValue: parent), name: name, kind: kind,
                permissions: Operations.permissions(mode), device: UInt64(device),
                reply: EntryReply(pending: call.pending))
        }
        unsafe table.mkdir = { raw, parent, name, mode in
            let call = unsafe Call(raw)
            guard let name = unsafe Operations.text(name) else { return call.pending.fail(.invalidArgument) }
            call.fileSystem.mkdir(
                call.request, parent: InodeNumber(rawValue: parent), name: name,
                permissions: Operations.permissions(mode),
                reply: EntryReply(pending: call.pending))
        }
        unsafe table.unlink = { raw, parent, name in
            let call = unsafe Call(raw)
            guard let name = unsafe Operations.text(name) else { return call.pending.fail(.invalidArgument) }
            call.fileSystem.unlink(
                call.request, parent: InodeNumber(rawValue: parent), name: name,
                reply: EmptyReply(pending: call.pending))
        }
        unsafe table.rmdir = { raw, parent, name in
            let call = unsafe Call(raw)
            guard let name = unsafe Operations.text(name) else { return call.pending.fail(.invalidArgument) }
            call.fileSystem.rmdir(
                call.request, parent: InodeNumber(rawValue: parent), name: name,
                reply: EmptyReply(pending: call.pending))
        }
        unsafe table.symlink = { raw, target, parent, name in
            let call = unsafe Call(raw)
            guard let name = unsafe Operations.text(name), let target = unsafe Operations.text(target) else {
                return call.pending.fail(.invalidArgument)
            }
            call.fileSystem.symlink(
                call.request, parent: InodeNumber(rawValue: parent), name: name, target: target,
                reply: EntryReply(pending: call.pending))
        }
        unsafe table.rename = { raw, parent, name, newParent, newName, flags in
            let call = unsafe Call(raw)
            guard let name = unsafe Operations.text(name), let newName = unsafe Operations.text(newName)
            else {
                return call.pending.fail(.invalidArgument)
            }
            call.fileSystem.rename(
                call.request, parent: InodeNumber(rawValue: parent), name: name,
                newParent: InodeNumber(rawValue: newParent), newName: newName, flags: flags,
                reply: EmptyReply(pending: call.pending))
        }
        unsafe table.link = { raw, node, newParent, newName in
            let call = unsafe Call(raw)
            guard let newName = unsafe Operations.text(newName) else {
                return call.pending.fail(.invalidArgument)
            }
            call.fileSystem.link(
                call.request, node: InodeNumber(rawValue: node), newParent: InodeNumber(rawValue: newParent),
                newName: newName, reply: EntryReply(pending: call.pending))
        }
        unsafe table.create = { raw, parent, name, mode, file in
            let call = unsafe Call(raw)
            guard let name = unsafe Operations.text(name) else { return call.pending.fail(.invalidArgument) }
            call.fileSystem.create(
                call.request, parent: InodeNumber(rawValue: parent), name: name,
                permissions: Operations.permissions(mode),
                flags: unsafe OpenFlags(rawValue: file!.pointee.flags),
                reply: CreateReply(pending: call.pending))
        }
    }

    /// Permission bits of a mode.
    fileprivate static func permissions(_ mode: mode_t) -> UInt16 {
        UInt16(truncatingIfNeeded: mode & 0o7777)
    }
}
