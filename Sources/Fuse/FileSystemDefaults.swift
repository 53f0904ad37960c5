import Glibc

// What a file system answers where it says nothing itself. The errors are those that the system calls' manual pages
// give for a file system that doesn't have the operation. See each method of `FileSystem` for its reason.
extension FileSystem {
    /// Answers: `ENOENT`.
    public func lookup(_ request: Request, parent: InodeNumber, name: String, reply: consuming EntryReply) {
        reply.fail(.noSuchFileOrDirectory)
    }

    /// Answers: `ENOENT`.
    public func getattr(
        _ request: Request, node: InodeNumber, handle: UInt64?, reply: consuming AttributesReply
    ) {
        reply.fail(.noSuchFileOrDirectory)
    }

    /// Answers: `EPERM`.
    public func setattr(
        _ request: Request, node: InodeNumber, changes: AttributeChanges, handle: UInt64?,
        reply: consuming AttributesReply
    ) {
        reply.fail(.notPermitted)
    }

    /// Answers: `EROFS` for `W_OK`, otherwise done.
    public func access(_ request: Request, node: InodeNumber, mask: Int32, reply: consuming EmptyReply) {
        if mask & W_OK != 0 {
            reply.fail(.readOnlyFileSystem)
        } else {
            reply.succeed()
        }
    }

    /// Answers: `EINVAL`.
    public func readlink(_ request: Request, node: InodeNumber, reply: consuming LinkReply) {
        reply.fail(.invalidArgument)
    }

    /// Answers: `EPERM`.
    public func mknod(
        _ request: Request, parent: InodeNumber, name: String, kind: FileKind, permissions: UInt16,
        device: UInt64,
        reply: consuming EntryReply
    ) {
        reply.fail(.notPermitted)
    }

    /// Answers: `EPERM`.
    public func mkdir(
        _ request: Request, parent: InodeNumber, name: String, permissions: UInt16,
        reply: consuming EntryReply
    ) {
        reply.fail(.notPermitted)
    }

    /// Answers: `EPERM`.
    public func unlink(_ request: Request, parent: InodeNumber, name: String, reply: consuming EmptyReply) {
        reply.fail(.notPermitted)
    }

    /// Answers: `EPERM`.
    public func rmdir(_ request: Request, parent: InodeNumber, name: String, reply: consuming EmptyReply) {
        reply.fail(.notPermitted)
    }

    /// Answers: `EPERM`.
    public func symlink(
        _ request: Request, parent: InodeNumber, name: String, target: String, reply: consuming EntryReply
    ) {
        reply.fail(.notPermitted)
    }

    /// Answers: `EPERM`.
    public func rename(
        _ request: Request, parent: InodeNumber, name: String, newParent: InodeNumber, newName: String,
        flags: UInt32, reply: consuming EmptyReply
    ) {
        reply.fail(.notPermitted)
    }

    /// Answers: `EPERM`.
    public func link(
        _ request: Request, node: InodeNumber, newParent: InodeNumber, newName: String,
        reply: consuming EntryReply
    ) {
        reply.fail(.notPermitted)
    }

    /// Answers: `EROFS` for writing, otherwise handle 0.
    public func open(_ request: Request, node: InodeNumber, flags: OpenFlags, reply: consuming OpenReply) {
        if flags.isWritable {
            reply.fail(.readOnlyFileSystem)
        } else {
            reply.succeed(OpenResponse())
        }
    }

    /// Answers: `EPERM`.
    public func create(
        _ request: Request, parent: InodeNumber, name: String, permissions: UInt16, flags: OpenFlags,
        reply: consuming CreateReply
    ) {
        reply.fail(.notPermitted)
    }

    /// Answers: `EINVAL`.
    public func read(
        _ request: Request, node: InodeNumber, handle: UInt64, offset: Int64, size: Int,
        isPageCacheFill: Bool,
        reply: consuming DataReply
    ) {
        reply.fail(.invalidArgument)
    }

    /// Answers: `EINVAL`.
    public func write(
        _ request: Request, node: InodeNumber, handle: UInt64, offset: Int64, bytes: UnsafeRawBufferPointer,
        isAppend: Bool, isPageCacheWrite: Bool, reply: consuming WriteReply
    ) {
        reply.fail(.invalidArgument)
    }

    /// Answers: done.
    public func flush(
        _ request: Request, node: InodeNumber, handle: UInt64, lockOwner: UInt64, reply: consuming EmptyReply
    ) {
        reply.succeed()
    }

    /// Answers: done.
    public func release(
        _ request: Request, node: InodeNumber, handle: UInt64, flags: OpenFlags, reply: consuming EmptyReply
    ) {
        reply.succeed()
    }

    /// Answers: done.
    public func fsync(
        _ request: Request, node: InodeNumber, handle: UInt64, dataOnly: Bool, reply: consuming EmptyReply
    ) {
        reply.succeed()
    }

    /// Answers: `EINVAL`.
    public func lseek(
        _ request: Request, node: InodeNumber, handle: UInt64, offset: Int64, target: SeekTarget,
        reply: consuming SeekReply
    ) {
        reply.fail(.invalidArgument)
    }

    /// Answers: ready.
    public func poll(
        _ request: Request, node: InodeNumber, handle: UInt64, waiter: consuming PollHandle?,
        reply: consuming PollReply
    ) {
        reply.succeed(.ready)
    }

    /// Does nothing.
    public func watch() {}

    /// Answers: handle 0.
    public func opendir(_ request: Request, node: InodeNumber, reply: consuming OpenReply) {
        reply.succeed(OpenResponse())
    }

    /// Answers: `ENOTDIR`.
    public func readdir(
        _ request: Request, node: InodeNumber, handle: UInt64, offset: Int64, size: Int,
        reply: consuming DirectoryReply
    ) {
        reply.fail(.notDirectory)
    }

    /// Answers: done.
    public func releasedir(_ request: Request, node: InodeNumber, handle: UInt64, reply: consuming EmptyReply)
    {
        reply.succeed()
    }

    /// Answers: done.
    public func fsyncdir(
        _ request: Request, node: InodeNumber, handle: UInt64, dataOnly: Bool, reply: consuming EmptyReply
    ) {
        reply.succeed()
    }

    /// Answers: sizes of 0, names of 255 bytes.
    public func statfs(_ request: Request, node: InodeNumber, reply: consuming StatisticsReply) {
        reply.succeed(FileSystemStatistics())
    }

    /// Answers: `EOPNOTSUPP`.
    public func setxattr(
        _ request: Request, node: InodeNumber, name: String, value: UnsafeRawBufferPointer, flags: Int32,
        reply: consuming EmptyReply
    ) {
        reply.fail(.notSupported)
    }

    /// Answers: `EOPNOTSUPP`.
    public func getxattr(_ request: Request, node: InodeNumber, name: String, reply: consuming XattrReply) {
        reply.fail(.notSupported)
    }

    /// Answers: `EOPNOTSUPP`.
    public func listxattr(_ request: Request, node: InodeNumber, reply: consuming XattrReply) {
        reply.fail(.notSupported)
    }

    /// Answers: `EOPNOTSUPP`.
    public func removexattr(_ request: Request, node: InodeNumber, name: String, reply: consuming EmptyReply)
    {
        reply.fail(.notSupported)
    }
}
