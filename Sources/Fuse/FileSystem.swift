/// A file system: one method per operation of the kernel, under its name.
///
/// Each is called on a thread of the session's, many at once. It may answer at once or hand its reply to another
/// thread; a reply that is dropped answers `EIO`. A method must not use its own mount: that waits for itself.
///
/// Every method has a default that answers what its documentation says. None of the defaults answers `ENOSYS`, which
/// the kernel remembers for the life of the mount, even when a later process serves it. What the protocol doesn't
/// have is answered by the binding: `fallocate` and `copy_file_range` `EOPNOTSUPP` (which doesn't stick); `bmap`,
/// `tmpfile` and `statx` with `ENOSYS`, on which the kernel does the right thing by itself; `ioctl` `ENOTTY`. Locks are the kernel's own. Nodes are not counted: `forget` is ignored.
///
/// A name that isn't valid UTF-8 never arrives: `lookup` answers `ENOENT` to it, everything else `EINVAL`.
public protocol FileSystem: Sendable {
    /// Finds a name in a directory. FUSE operation: `lookup`. Default: `ENOENT`.
    func lookup(_ request: Request, parent: InodeNumber, name: String, reply: consuming EntryReply)

    /// Tells a node's attributes. FUSE operation: `getattr`. Default: `ENOENT`.
    ///
    /// `fstat` on an open file usually arrives without `handle`.
    func getattr(_ request: Request, node: InodeNumber, handle: UInt64?, reply: consuming AttributesReply)

    /// Changes attributes; answers with all of them. FUSE operation: `setattr`. Default: `EPERM`.
    func setattr(
        _ request: Request, node: InodeNumber, changes: AttributeChanges, handle: UInt64?,
        reply: consuming AttributesReply)

    /// Tells whether the caller may do what `mask` (`R_OK`, `W_OK`, `X_OK`) asks; also sent by `chdir`.
    /// FUSE operation: `access`. Default: `EROFS` for `W_OK`, otherwise done.
    func access(_ request: Request, node: InodeNumber, mask: Int32, reply: consuming EmptyReply)

    /// Reads a symbolic link. FUSE operation: `readlink`. Default: `EINVAL`.
    func readlink(_ request: Request, node: InodeNumber, reply: consuming LinkReply)

    /// Makes a node that isn't a directory, without opening it. FUSE operation: `mknod`. Default: `EPERM`.
    func mknod(
        _ request: Request, parent: InodeNumber, name: String, kind: FileKind, permissions: UInt16,
        device: UInt64,
        reply: consuming EntryReply)

    /// Makes a directory. FUSE operation: `mkdir`. Default: `EPERM`.
    func mkdir(
        _ request: Request, parent: InodeNumber, name: String, permissions: UInt16,
        reply: consuming EntryReply)

    /// Removes a name that isn't a directory's. FUSE operation: `unlink`. Default: `EPERM`.
    func unlink(_ request: Request, parent: InodeNumber, name: String, reply: consuming EmptyReply)

    /// Removes an empty directory. FUSE operation: `rmdir`. Default: `EPERM`.
    func rmdir(_ request: Request, parent: InodeNumber, name: String, reply: consuming EmptyReply)

    /// Makes a symbolic link. FUSE operation: `symlink`. Default: `EPERM`.
    func symlink(
        _ request: Request, parent: InodeNumber, name: String, target: String, reply: consuming EntryReply)

    /// Moves a name; `flags` are those of `renameat2(2)`. FUSE operation: `rename`. Default: `EPERM`.
    func rename(
        _ request: Request, parent: InodeNumber, name: String, newParent: InodeNumber, newName: String,
        flags: UInt32, reply: consuming EmptyReply)

    /// Gives a node one more name. FUSE operation: `link`. Default: `EPERM`.
    func link(
        _ request: Request, node: InodeNumber, newParent: InodeNumber, newName: String,
        reply: consuming EntryReply)

    /// Opens a file. FUSE operation: `open`. Default: `EROFS` for writing, otherwise handle 0.
    func open(_ request: Request, node: InodeNumber, flags: OpenFlags, reply: consuming OpenReply)

    /// Makes and opens a file. FUSE operation: `create`. Default: `EPERM`.
    func create(
        _ request: Request, parent: InodeNumber, name: String, permissions: UInt16, flags: OpenFlags,
        reply: consuming CreateReply)

    /// Reads up to `size` bytes from `offset`. FUSE operation: `read`. Default: `EINVAL`.
    ///
    /// `isPageCacheFill`: the bytes are for the page cache (a mapping, `sendfile`, `splice`, read-ahead), not for a
    /// `read(2)`, and stay there after the close. The caller is who made the kernel read, and may not hold the file open.
    func read(
        _ request: Request, node: InodeNumber, handle: UInt64, offset: Int64, size: Int,
        isPageCacheFill: Bool,
        reply: consuming DataReply)

    /// Writes `bytes` at `offset`. FUSE operation: `write`. Default: `EINVAL`.
    ///
    /// `bytes` are valid until the method returns, and wiped right then: copy what is needed later.
    /// `isAppend`: the file was opened with `O_APPEND`; `offset` is where the kernel believes the end to be.
    /// `isPageCacheWrite`: a delayed write of a shared mapping, whose `request` and `handle` mean nothing.
    func write(
        _ request: Request, node: InodeNumber, handle: UInt64, offset: Int64, bytes: UnsafeRawBufferPointer,
        isAppend: Bool, isPageCacheWrite: Bool, reply: consuming WriteReply)

    /// Learns that one descriptor of an open file is closed; its error reaches `close(2)`.
    /// FUSE operation: `flush`. Default: done.
    func flush(
        _ request: Request, node: InodeNumber, handle: UInt64, lockOwner: UInt64, reply: consuming EmptyReply)

    /// Learns that the last descriptor of an open file is closed; nobody waits for the answer.
    /// FUSE operation: `release`. Default: done.
    func release(
        _ request: Request, node: InodeNumber, handle: UInt64, flags: OpenFlags, reply: consuming EmptyReply)

    /// Makes a file durable. FUSE operation: `fsync`. Default: done.
    func fsync(
        _ request: Request, node: InodeNumber, handle: UInt64, dataOnly: Bool, reply: consuming EmptyReply)

    /// Finds data or a hole in an open file, from `offset` on; other kinds of `lseek(2)` never arrive.
    /// FUSE operation: `lseek`. Default: `EINVAL`.
    func lseek(
        _ request: Request, node: InodeNumber, handle: UInt64, offset: Int64, target: SeekTarget,
        reply: consuming SeekReply)

    /// Tells what `poll(2)` may be told of an open file now; the kernel compares it with what was asked for.
    ///
    /// `waiter` is there if somebody waits: keep it to wake them when the answer changes. It takes the place of one that
    /// was handed in for the same handle before. FUSE operation: `poll`. Default: ready, as a file on a disk.
    func poll(
        _ request: Request, node: InodeNumber, handle: UInt64, waiter: consuming PollHandle?,
        reply: consuming PollReply)

    /// Is called about twice a second while the file system is served, on the thread that watches over the requests:
    /// whoever has waited too long is answered here. It must not wait. Default: nothing.
    func watch()

    /// Opens a directory. FUSE operation: `opendir`. Default: handle 0.
    func opendir(_ request: Request, node: InodeNumber, reply: consuming OpenReply)

    /// Lists a directory, from the entry that was given `offset` as its `nextOffset`, or from the start at 0.
    /// FUSE operation: `readdir`. Default: `ENOTDIR`.
    func readdir(
        _ request: Request, node: InodeNumber, handle: UInt64, offset: Int64, size: Int,
        reply: consuming DirectoryReply)

    /// Learns that an open directory is closed. FUSE operation: `releasedir`. Default: done.
    func releasedir(_ request: Request, node: InodeNumber, handle: UInt64, reply: consuming EmptyReply)

    /// Makes a directory durable. FUSE operation: `fsyncdir`. Default: done.
    func fsyncdir(
        _ request: Request, node: InodeNumber, handle: UInt64, dataOnly: Bool, reply: consuming EmptyReply)

    /// Tells sizes of the file system. FUSE operation: `statfs`. Default: sizes of 0, names of 255 bytes.
    func statfs(_ request: Request, node: InodeNumber, reply: consuming StatisticsReply)

    /// Sets an extended attribute; `flags` are those of `setxattr(2)`, and `value` is wiped when the method returns.
    /// FUSE operation: `setxattr`. Default: `EOPNOTSUPP`.
    func setxattr(
        _ request: Request, node: InodeNumber, name: String, value: UnsafeRawBufferPointer, flags: Int32,
        reply: consuming EmptyReply)

    /// Tells an extended attribute. FUSE operation: `getxattr`. Default: `EOPNOTSUPP`.
    func getxattr(_ request: Request, node: InodeNumber, name: String, reply: consuming XattrReply)

    /// Lists the names of the extended attributes. FUSE operation: `listxattr`. Default: `EOPNOTSUPP`.
    func listxattr(_ request: Request, node: InodeNumber, reply: consuming XattrReply)

    /// Removes an extended attribute. FUSE operation: `removexattr`. Default: `EOPNOTSUPP`.
    func removexattr(_ request: Request, node: InodeNumber, name: String, reply: consuming EmptyReply)
}
