import CFuse

/// How the kernel shall treat a file or directory that has just been opened.
public struct OpenResponse: Hashable, Sendable {
    /// Number that comes back with each operation on the open file.
    public var handle: UInt64
    /// Reads and writes go to the file system and past the page cache (`FOPEN_DIRECT_IO`).
    ///
    /// Mappings, `sendfile` and `splice` fill the page cache all the same.
    public var directIO: Bool
    /// The page cache's content outlives the opening (`FOPEN_KEEP_CACHE`).
    public var keepCache: Bool
    /// No `flush` is sent when a descriptor is closed (`FOPEN_NOFLUSH`).
    public var noFlush: Bool
    /// The file can't be sought in (`FOPEN_NONSEEKABLE`).
    public var nonSeekable: Bool
    /// The kernel may keep the listing (`FOPEN_CACHE_DIR`, directories only).
    public var cacheListing: Bool

    /// Puts a response together; every flag is off unless told.
    public init(
        handle: UInt64 = 0,
        directIO: Bool = false,
        keepCache: Bool = false,
        noFlush: Bool = false,
        nonSeekable: Bool = false,
        cacheListing: Bool = false
    ) {
        self.handle = handle
        self.directIO = directIO
        self.keepCache = keepCache
        self.noFlush = noFlush
        self.nonSeekable = nonSeekable
        self.cacheListing = cacheListing
    }

    var raw: fuse_file_info {
        var raw = fuse_file_info()
        raw.fh = handle
        raw.direct_io = directIO ? 1 : 0
        raw.keep_cache = keepCache ? 1 : 0
        raw.noflush = noFlush ? 1 : 0
        raw.nonseekable = nonSeekable ? 1 : 0
        raw.cache_readdir = cacheListing ? 1 : 0
        return raw
    }
}
