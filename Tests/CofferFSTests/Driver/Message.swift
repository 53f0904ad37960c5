/// Bytes of a message of the FUSE protocol, put together field by field as the kernel's structures have them.
///
/// Source: `<linux/fuse.h>`; little-endian, as every machine is that Coffer runs on.
struct Message {
    private(set) var bytes: [UInt8] = []

    mutating func add(_ values: UInt32...) {
        for value in values {
            for shift in stride(from: 0, to: 32, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: value >> shift))
            }
        }
    }

    mutating func add(_ values: UInt64...) {
        for value in values {
            for shift in stride(from: 0, to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: value >> shift))
            }
        }
    }

    /// A name, with the zero byte behind it.
    mutating func add(name: String) {
        bytes += Array(name.utf8) + [0]
    }

    mutating func add(_ data: [UInt8]) { bytes += data }
}

/// The fields of an answer, taken off one by one.
struct MessageReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func u64() -> UInt64 { number(8) }
    mutating func u32() -> UInt32 { UInt32(number(4)) }
    mutating func skip(_ count: Int) { rest = rest.dropFirst(count) }

    mutating func text(_ count: Int) -> String {
        defer { skip(count) }
        return String(decoding: rest.prefix(count), as: UTF8.self)
    }

    private mutating func number(_ count: Int) -> UInt64 {
        precondition(rest.count >= count, "an answer is shorter than the kernel's structure")
        defer { skip(count) }
        return rest.prefix(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// `struct fuse_attr`.
    mutating func attributes() -> Status {
        let inode = u64()
        let size = Int(u64())
        skip(8 + 8)
        let modified = Int(u64())
        let changed = Int(u64())
        skip(4)
        let modifiedNanoseconds = Int(u32())
        let changedNanoseconds = Int(u32())
        let mode = u32()
        let links = Int(u32())
        let uid = u32()
        let gid = u32()
        skip(12)
        return Status(
            inode: inode, mode: mode, links: links, uid: uid, gid: gid, size: size,
            modified: modified * 1_000_000_000 + modifiedNanoseconds,
            changed: changed * 1_000_000_000 + changedNanoseconds)
    }
}

/// The operations that the kernel asks for. Source: `enum fuse_opcode`.
enum Opcode: UInt32 {
    case lookup = 1
    case getattr = 3
    case setattr, readlink, symlink
    case mknod = 8
    case mkdir, unlink, rmdir, rename, link, open, read, write, statfs, release
    case fsync = 20
    case setxattr, getxattr, listxattr, removexattr, flush, initialize, opendir, readdir, releasedir
    case access = 34
    case create
    case rename2 = 45
    case lseek
}
