import CFuse
import Glibc

extension Operations {
    static func addFiles(_ table: inout fuse_lowlevel_ops) {
        unsafe table.open = { raw, node, file in
            let call = unsafe Call(raw)
            call.fileSystem.open(
                call.request, node: InodeNumber(rawValue: node),
                flags: unsafe OpenFlags(rawValue: file!.pointee.flags),
                reply: OpenReply(pending: call.pending))
        }
        unsafe table.read = { raw, node, size, offset, file in
            let call = unsafe Call(raw)
            // The kernel names a lock owner with each read for a process, and none with those for the page cache.
            call.fileSystem.read(
                call.request, node: InodeNumber(rawValue: node), handle: unsafe file!.pointee.fh,
                offset: Int64(offset), size: size, isPageCacheFill: unsafe file!.pointee.lock_owner == 0,
                reply: DataReply(pending: call.pending))
        }
        unsafe table.write = { raw, node, bytes, size, offset, file in
            let call = unsafe Call(raw)
            unsafe call.fileSystem.write(
                call.request, node: InodeNumber(rawValue: node), handle: file!.pointee.fh,
                offset: Int64(offset),
                bytes: UnsafeRawBufferPointer(start: bytes, count: size),
                isAppend: OpenFlags(rawValue: file!.pointee.flags).isAppend,
                isPageCacheWrite: file!.pointee.writepage != 0, reply: WriteReply(pending: call.pending))
        }
        unsafe table.flush = { raw, node, file in
            let call = unsafe Call(raw)
            call.fileSystem.flush(
                call.request, node: InodeNumber(rawValue: node), handle: unsafe file!.pointee.fh,
                lockOwner: unsafe file!.pointee.lock_owner, reply: EmptyReply(pending: call.pending))
        }
        unsafe table.release = { raw, node, file in
            let call = unsafe Call(raw)
            call.fileSystem.release(
                call.request, node: InodeNumber(rawValue: node), handle: unsafe file!.pointee.fh,
                flags: unsafe OpenFlags(rawValue: file!.pointee.flags),
                reply: EmptyReply(pending: call.pending))
        }
        unsafe table.fsync = { raw, node, dataOnly, file in
            let call = unsafe Call(raw)
            call.fileSystem.fsync(
                call.request, node: InodeNumber(rawValue: node), handle: unsafe file!.pointee.fh,
                dataOnly: dataOnly != 0, reply: EmptyReply(pending: call.pending))
        }
        unsafe table.lseek = { raw, node, offset, whence, file in
            let call = unsafe Call(raw)
            guard let target = SeekTarget(whence: whence) else { return call.pending.fail(.invalidArgument) }
            call.fileSystem.lseek(
                call.request, node: InodeNumber(rawValue: node), handle: unsafe file!.pointee.fh,
                offset: Int64(offset), target: target, reply: SeekReply(pending: call.pending))
        }
        unsafe table.poll = { raw, node, file, handle in
            let call = unsafe Call(raw)
            var waiter: PollHandle?
            if let handle = unsafe handle {
                waiter = unsafe PollHandle(handle, waiter: CurrentRequest.waiter, of: call.connection)
            }
            call.fileSystem.poll(
                call.request, node: InodeNumber(rawValue: node), handle: unsafe file!.pointee.fh,
                waiter: waiter, reply: PollReply(pending: call.pending))
        }
        addFixedAnswers(&table)
    }

    /// Operations that `FileSystem` doesn't have yet, answered so that the kernel goes on asking: an `ENOSYS` would
    /// stick to the mount, and a later version, which may have them, would never be asked.
    private static func addFixedAnswers(_ table: inout fuse_lowlevel_ops) {
        unsafe table.fallocate = { raw, _, _, _, _, _ in
            _ = unsafe fuse_reply_err(raw, EOPNOTSUPP)
        }
        unsafe table.copy_file_range = { raw, _, _, _, _, _, _, _, _ in
            _ = unsafe fuse_reply_err(raw, EOPNOTSUPP)
        }
    }

    static func addDirectories(_ table: inout fuse_lowlevel_ops) {
        unsafe table.opendir = { raw, node, _ in
            let call = unsafe Call(raw)
            call.fileSystem.opendir(
                call.request, node: InodeNumber(rawValue: node), reply: OpenReply(pending: call.pending))
        }
        unsafe table.readdir = { raw, node, size, offset, file in
            let call = unsafe Call(raw)
            call.fileSystem.readdir(
                call.request, node: InodeNumber(rawValue: node), handle: unsafe file!.pointee.fh,
                offset: Int64(offset), size: size, reply: DirectoryReply(pending: call.pending, size: size))
        }
        unsafe table.releasedir = { raw, node, file in
            let call = unsafe Call(raw)
            call.fileSystem.releasedir(
                call.request, node: InodeNumber(rawValue: node), handle: unsafe file!.pointee.fh,
                reply: EmptyReply(pending: call.pending))
        }
        unsafe table.fsyncdir = { raw, node, dataOnly, file in
            let call = unsafe Call(raw)
            call.fileSystem.fsyncdir(
                call.request, node: InodeNumber(rawValue: node), handle: unsafe file!.pointee.fh,
                dataOnly: dataOnly != 0, reply: EmptyReply(pending: call.pending))
        }
    }
}
