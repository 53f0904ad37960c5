import CFuse
import Glibc

/// What `stat(2)` tells of a node.
public struct FileAttributes: Hashable, Sendable {
    /// Number of the node.
    public var inode: InodeNumber
    /// Type of the node.
    public var kind: FileKind
    /// Permission bits, `0o7777` at most.
    public var permissions: UInt16
    /// Number of names that the node has.
    public var linkCount: UInt32
    /// Owner.
    public var uid: UInt32
    /// Group.
    public var gid: UInt32
    /// Size in bytes.
    public var size: Int64
    /// Time of the last change of the content.
    public var modified: Timespec
    /// Time of the last change of content or attributes.
    public var changed: Timespec
    /// Time of the last access.
    public var accessed: Timespec
    /// Preferred size of reads and writes, in bytes.
    public var blockSize: UInt32

    /// Puts attributes together; `changed` and `accessed` are `modified` unless told.
    public init(
        inode: InodeNumber,
        kind: FileKind,
        permissions: UInt16,
        linkCount: UInt32 = 1,
        uid: UInt32 = 0,
        gid: UInt32 = 0,
        size: Int64 = 0,
        modified: Timespec = Timespec(seconds: 0),
        changed: Timespec? = nil,
        accessed: Timespec? = nil,
        blockSize: UInt32 = 4096
    ) {
        self.inode = inode
        self.kind = kind
        self.permissions = permissions
        self.linkCount = linkCount
        self.uid = uid
        self.gid = gid
        self.size = size
        self.modified = modified
        self.changed = changed ?? modified
        self.accessed = accessed ?? modified
        self.blockSize = blockSize
    }

    /// Number of 512-byte blocks that `size` takes.
    public var blocks: Int64 { (size + 511) / 512 }

    var raw: stat {
        var raw = stat()
        raw.st_ino = UInt(inode.rawValue)
        raw.st_mode = kind.mode | mode_t(permissions & 0o7777)
        raw.st_nlink = nlink_t(linkCount)
        raw.st_uid = uid
        raw.st_gid = gid
        raw.st_size = Int(size)
        raw.st_blocks = Int(blocks)
        raw.st_blksize = blksize_t(blockSize)
        raw.st_mtim = modified.raw
        raw.st_ctim = changed.raw
        raw.st_atim = accessed.raw
        return raw
    }
}
