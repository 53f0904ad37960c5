import CFuse
import Glibc

extension Operations {
    static func addNodes(_ table: inout fuse_lowlevel_ops) {
        unsafe table.lookup = { raw, parent, name in
            let call = unsafe Call(raw)
            guard let name = unsafe Operations.text(name) else {
                return call.pending.fail(.noSuchFileOrDirectory)
            }
            call.fileSystem.lookup(
                call.request, parent: InodeNumber(rawValue: parent), name: name,
                reply: EntryReply(pending: call.pending))
        }
        unsafe table.getattr = { raw, node, file in
            let call = unsafe Call(raw)
            call.fileSystem.getattr(
                call.request, node: InodeNumber(rawValue: node), handle: unsafe file?.pointee.fh,
                reply: AttributesReply(pending: call.pending))
        }
        unsafe table.setattr = { raw, node, attributes, set, file in
            let call = unsafe Call(raw)
            call.fileSystem.setattr(
                call.request, node: InodeNumber(rawValue: node),
                changes: unsafe AttributeChanges(attributes!.pointee, set: set),
                handle: unsafe file?.pointee.fh, reply: AttributesReply(pending: call.pending))
        }
        unsafe table.access = { raw, node, mask in
            let call = unsafe Call(raw)
            call.fileSystem.access(
                call.request, node: InodeNumber(rawValue: node), mask: mask,
                reply: EmptyReply(pending: call.pending))
        }
        unsafe table.readlink = { raw, node in
            let call = unsafe Call(raw)
            call.fileSystem.readlink(
                call.request, node: InodeNumber(rawValue: node), reply: LinkReply(pending: call.pending))
        }
    }

    static func addExtendedAttributes(_ table: inout fuse_lowlevel_ops) {
        unsafe table.setxattr = { raw, node, name, value, size, flags in
            let call = unsafe Call(raw)
            guard let name = unsafe Operations.text(name) else { return call.pending.fail(.invalidArgument) }
            unsafe call.fileSystem.setxattr(
                call.request, node: InodeNumber(rawValue: node), name: name,
                value: UnsafeRawBufferPointer(start: value, count: size), flags: flags,
                reply: EmptyReply(pending: call.pending))
        }
        unsafe table.getxattr = { raw, node, name, size in
            let call = unsafe Call(raw)
            guard let name = unsafe Operations.text(name) else { return call.pending.fail(.invalidArgument) }
            call.fileSystem.getxattr(
                call.request, node: InodeNumber(rawValue: node), name: name,
                reply: XattrReply(pending: call.pending, size: size))
        }
        unsafe table.listxattr = { raw, node, size in
            let call = unsafe Call(raw)
            call.fileSystem.listxattr(
                call.request, node: InodeNumber(rawValue: node),
                reply: XattrReply(pending: call.pending, size: size))
        }
        unsafe table.removexattr = { raw, node, name in
            let call = unsafe Call(raw)
            guard let name = unsafe Operations.text(name) else { return call.pending.fail(.invalidArgument) }
            call.fileSystem.removexattr(
                call.request, node: InodeNumber(rawValue: node), name: name,
                reply: EmptyReply(pending: call.pending))
        }
    }
}
