import Glibc

/// What `statvfs(3)` tells of the file system.
public struct FileSystemStatistics: Hashable, Sendable {
    /// Size of a block, in bytes.
    public var blockSize: UInt64
    /// Blocks in all.
    public var blocks: UInt64
    /// Blocks that are free.
    public var freeBlocks: UInt64
    /// Blocks that are free for users without privileges.
    public var availableBlocks: UInt64
    /// Nodes in all.
    public var files: UInt64
    /// Nodes that are free.
    public var freeFiles: UInt64
    /// Longest name, in bytes.
    public var maximumNameLength: UInt64

    /// Puts statistics together; a file system without sizes of its own leaves them at 0.
    public init(
        blockSize: UInt64 = 4096,
        blocks: UInt64 = 0,
        freeBlocks: UInt64 = 0,
        availableBlocks: UInt64 = 0,
        files: UInt64 = 0,
        freeFiles: UInt64 = 0,
        maximumNameLength: UInt64 = 255
    ) {
        self.blockSize = blockSize
        self.blocks = blocks
        self.freeBlocks = freeBlocks
        self.availableBlocks = availableBlocks
        self.files = files
        self.freeFiles = freeFiles
        self.maximumNameLength = maximumNameLength
    }

    var raw: statvfs {
        var raw = statvfs()
        raw.f_bsize = UInt(blockSize)
        raw.f_frsize = UInt(blockSize)
        raw.f_blocks = UInt(blocks)
        raw.f_bfree = UInt(freeBlocks)
        raw.f_bavail = UInt(availableBlocks)
        raw.f_files = UInt(files)
        raw.f_ffree = UInt(freeFiles)
        raw.f_favail = UInt(freeFiles)
        raw.f_namemax = UInt(maximumNameLength)
        return raw
    }
}
