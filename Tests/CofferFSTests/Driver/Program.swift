import Fuse
import Glibc

/// A process with a user of its own, as a test sees it: the system calls it can make. Paths begin at the mount point.
///
/// Each throws the errno that the call would set.
protocol Program: AnyObject {
    func open(_ path: String, _ flags: Int32, mode: UInt32) throws -> Int32
    func close(_ file: Int32) throws
    func read(_ file: Int32, _ size: Int) throws -> [UInt8]
    func pread(_ file: Int32, _ size: Int, at offset: Int) throws -> [UInt8]
    @discardableResult func write(_ file: Int32, _ bytes: [UInt8]) throws -> Int
    @discardableResult func pwrite(_ file: Int32, _ bytes: [UInt8], at offset: Int) throws -> Int
    @discardableResult func lseek(_ file: Int32, _ offset: Int, _ whence: Int32) throws -> Int
    func dup(_ file: Int32) throws -> Int32
    func fsync(_ file: Int32) throws
    func truncate(_ path: String, _ size: Int) throws
    func ftruncate(_ file: Int32, _ size: Int) throws
    func stat(_ path: String) throws -> Status
    func fstat(_ file: Int32) throws -> Status
    /// Reads the next names of an open directory, as many as find room in `size` bytes; none at the end.
    func getdents(_ file: Int32, size: Int) throws -> [DirectoryName]
    func mkdir(_ path: String, mode: UInt32) throws
    func rmdir(_ path: String) throws
    func unlink(_ path: String) throws
    func rename(_ path: String, to newPath: String, flags: UInt32) throws
    func link(_ path: String, to newPath: String) throws
    func symlink(_ path: String, to target: String) throws
    func mknod(_ path: String, mode: UInt32, device: UInt32) throws
    func chmod(_ path: String, _ mode: UInt32) throws
    func chown(_ path: String, uid: UInt32, gid: UInt32) throws
    /// Sets both times, in nanoseconds since 1970.
    func utimens(_ path: String, _ time: Int) throws
    func access(_ path: String, _ mode: Int32) throws
    func setxattr(_ path: String, _ name: String, _ value: [UInt8], flags: Int32) throws
    func getxattr(_ path: String, _ name: String) throws -> [UInt8]
    func listxattr(_ path: String) throws -> [String]
    func removexattr(_ path: String, _ name: String) throws
    /// The longest name that statvfs tells.
    func nameLimit(_ path: String) throws -> Int
    /// Makes a child that has the same files open.
    func fork() throws -> any Program
    /// Closes everything, as the end of a process does.
    func exit() throws
}

/// What stat tells.
struct Status: Equatable {
    var inode: UInt64
    var mode: UInt32
    var links: Int
    var uid: UInt32
    var gid: UInt32
    var size: Int
    /// In nanoseconds since 1970, as `changed` is.
    var modified: Int
    var changed: Int

    var permissions: UInt32 { mode & 0o7777 }
    var isDirectory: Bool { mode & S_IFMT == S_IFDIR }
}

/// One name of a listing.
struct DirectoryName: Equatable {
    var name: String
    var inode: UInt64
    /// `DT_DIR` or `DT_REG`.
    var kind: UInt8
    /// Where the listing goes on behind it.
    var next: Int
}

extension Program {
    /// Reads a whole file.
    func contents(_ path: String) throws -> String {
        String(decoding: try bytes(path), as: UTF8.self)
    }

    /// Reads a whole file, as cat does.
    func bytes(_ path: String) throws -> [UInt8] {
        let file = try open(path, O_RDONLY, mode: 0)
        do {
            let bytes = try read(file, 17 << 20)
            try close(file)
            return bytes
        } catch {
            try? close(file)
            throw error
        }
    }

    /// Writes a file as the shell's `>` does; `flags` are those beside O_WRONLY.
    func put(_ path: String, _ text: String, _ flags: Int32 = O_CREAT | O_TRUNC) throws {
        try put(path, Array(text.utf8), flags)
    }

    func put(_ path: String, _ bytes: [UInt8], _ flags: Int32 = O_CREAT | O_TRUNC) throws {
        let file = try open(path, O_WRONLY | flags, mode: 0o644)
        do {
            try write(file, bytes)
        } catch {
            try? close(file)
            throw error
        }
        try close(file)
    }

    /// The names in a directory, `.` and `..` left out, in the order of the listing.
    func list(_ path: String) throws -> [String] {
        let directory = try open(path, O_RDONLY | O_DIRECTORY, mode: 0)
        defer { try? close(directory) }
        var names: [String] = []
        while true {
            let some = try getdents(directory, size: 4096)
            if some.isEmpty { return names }
            names += some.map(\.name).filter { $0 != "." && $0 != ".." }
        }
    }

    /// Makes a directory and those above it, as `mkdir -p` does.
    func mkdirs(_ path: String) throws {
        var made = ""
        for part in path.split(separator: "/") {
            made += made.isEmpty ? String(part) : "/" + part
            do {
                try mkdir(made, mode: 0o755)
            } catch let error as Errno where error == .fileExists {
                continue
            }
        }
    }

    func open(_ path: String, _ flags: Int32) throws -> Int32 { try open(path, flags, mode: 0o644) }
    func setxattr(_ path: String, _ name: String, _ value: [UInt8]) throws {
        try setxattr(path, name, value, flags: 0)
    }
    func mkdir(_ path: String) throws { try mkdir(path, mode: 0o755) }
    func rename(_ path: String, to newPath: String) throws { try rename(path, to: newPath, flags: 0) }
    @discardableResult func write(_ file: Int32, _ text: String) throws -> Int {
        try write(file, Array(text.utf8))
    }
    @discardableResult func pwrite(_ file: Int32, _ text: String, at offset: Int) throws -> Int {
        try pwrite(file, Array(text.utf8), at: offset)
    }
}

/// The errno that a call is refused with; nil if it succeeds.
func refusal<Result>(of call: () throws -> Result) rethrows -> Errno? {
    do {
        _ = try call()
        return nil
    } catch let error as Errno {
        return error
    }
}

/// `SEEK_DATA` and `SEEK_HOLE` of `<unistd.h>`, which Glibc's module doesn't show.
let seekData: Int32 = 3
let seekHole: Int32 = 4
