internal import Fuse
internal import Synchronization

/// Whose a file was shown as lately: the kernel has one owner for each, the one that it was told last.
///
/// The process that makes events asks for files too, and must not change that: a program in the middle of setting a mode
/// or an ACL would be refused by the kernel as not the owner.
final class ShownOwners: Sendable {
    private struct Entry {
        var node = InodeNumber(rawValue: 0)
        var uid: UInt32 = 0
        var gid: UInt32 = 0
        var permissions: UInt16 = 0
    }

    /// Each node has one place, which another one may take.
    private static let places = 1024

    private let entries = Mutex([Entry](repeating: Entry(), count: places))

    private static func place(of node: InodeNumber) -> Int {
        // Fibonacci hashing: the numbers of one secret's files differ in a few bits only.
        Int(truncatingIfNeeded: (node.rawValue &* 0x9E37_79B9_7F4A_7C15) >> 54)
    }

    /// Remembers what a caller is told.
    func note(_ attributes: FileAttributes) {
        entries.withLock {
            $0[Self.place(of: attributes.inode)] = Entry(
                node: attributes.inode, uid: attributes.uid, gid: attributes.gid,
                permissions: attributes.permissions)
        }
    }

    /// Puts the owner and mode in that were told last, if they are known.
    func restore(in attributes: inout FileAttributes) {
        let entry = entries.withLock { $0[Self.place(of: attributes.inode)] }
        guard entry.node == attributes.inode else { return }
        attributes.uid = entry.uid
        attributes.gid = entry.gid
        attributes.permissions = entry.permissions
    }
}
