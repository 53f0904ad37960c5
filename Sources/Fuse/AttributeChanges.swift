import CFuse
import Glibc

/// What a `setattr` asks to change; what is nil stays.
public struct AttributeChanges: Hashable, Sendable {
    /// New value of a time.
    public enum TimeChange: Hashable, Sendable {
        /// The server's present time. A caller that may write may ask for it.
        case now
        /// A given time. Only the owner may ask for it.
        case at(Timespec)
    }

    /// New size in bytes.
    public var size: Int64?
    /// New permission bits, `0o7777` at most.
    public var permissions: UInt16?
    /// New owner.
    public var uid: UInt32?
    /// New group.
    public var gid: UInt32?
    /// New time of access.
    public var accessed: TimeChange?
    /// New time of change of the content.
    public var modified: TimeChange?

    /// Puts changes together.
    public init(
        size: Int64? = nil,
        permissions: UInt16? = nil,
        uid: UInt32? = nil,
        gid: UInt32? = nil,
        accessed: TimeChange? = nil,
        modified: TimeChange? = nil
    ) {
        self.size = size
        self.permissions = permissions
        self.uid = uid
        self.gid = gid
        self.accessed = accessed
        self.modified = modified
    }

    init(_ raw: stat, set: Int32) {
        func asks(_ bit: Int32) -> Bool { set & bit != 0 }
        if asks(FUSE_SET_ATTR_SIZE) { size = Int64(raw.st_size) }
        if asks(FUSE_SET_ATTR_MODE) { permissions = UInt16(truncatingIfNeeded: raw.st_mode & 0o7777) }
        if asks(FUSE_SET_ATTR_UID) { uid = raw.st_uid }
        if asks(FUSE_SET_ATTR_GID) { gid = raw.st_gid }
        if asks(FUSE_SET_ATTR_ATIME_NOW) {
            accessed = .now
        } else if asks(FUSE_SET_ATTR_ATIME) {
            accessed = .at(Timespec(raw.st_atim))
        }
        if asks(FUSE_SET_ATTR_MTIME_NOW) {
            modified = .now
        } else if asks(FUSE_SET_ATTR_MTIME) {
            modified = .at(Timespec(raw.st_mtim))
        }
    }
}
