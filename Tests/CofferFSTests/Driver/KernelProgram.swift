import Foundation
import Fuse

/// A process in front of the played kernel: system calls become the requests that Linux would make of them, with
/// nothing cached. Its PID is that of a real process, so that /proc tells of it.
final class KernelProgram: Program {
    /// An open file, shared by the descriptors that dup and fork made of one.
    private final class OpenFile {
        let node: UInt64
        let handle: UInt64
        let flags: Int32
        /// FOPEN_NOFLUSH: a close says nothing to the file system.
        let noFlush: Bool
        let isDirectory: Bool
        var position = 0
        var uses = 1

        init(node: UInt64, handle: UInt64, flags: Int32, answered: UInt32, isDirectory: Bool) {
            self.node = node
            self.handle = handle
            self.flags = flags
            noFlush = answered & 1 << 5 != 0
            self.isDirectory = isDirectory
        }

        var isReadable: Bool { flags & O_ACCMODE != O_WRONLY }
        var isWritable: Bool { flags & O_ACCMODE != O_RDONLY }
    }

    private static let largestTransfer = 128 << 10
    private static let root: UInt64 = 1

    private let kernel: Kernel
    private let body: AgentProgram
    private let identity: Kernel.Identity
    private var files: [Int32: OpenFile]

    init(_ kernel: Kernel, body: AgentProgram, uid: UInt32, gid: UInt32) {
        self.kernel = kernel
        self.body = body
        identity = Kernel.Identity(uid: uid, gid: gid, pid: body.pid)
        files = [:]
    }

    private var lockOwner: UInt64 { UInt64(UInt32(bitPattern: identity.pid)) | 1 << 32 }

    // MARK: Paths

    private func resolve(_ path: String) throws -> (node: UInt64, status: Status) {
        var found = (node: Self.root, status: try kernel.attributes(Self.root, identity))
        for part in path.split(separator: "/") {
            guard found.status.isDirectory else { throw Errno.notDirectory }
            found = try kernel.lookup(String(part), in: found.node, identity)
        }
        return found
    }

    /// The directory that a path's last name stands in, and that name.
    private func parent(_ path: String) throws -> (node: UInt64, name: String) {
        let parts = path.split(separator: "/")
        guard let name = parts.last else { throw Errno.busy }
        let (node, status) = try resolve(parts.dropLast().joined(separator: "/"))
        guard status.isDirectory else { throw Errno.notDirectory }
        return (node, String(name))
    }

    private func find(_ name: String, in parent: UInt64) throws -> (node: UInt64, status: Status)? {
        do {
            return try kernel.lookup(name, in: parent, identity)
        } catch let error as Errno where error == .noSuchFileOrDirectory {
            return nil
        }
    }

    // MARK: Files

    func open(_ path: String, _ flags: Int32, mode: UInt32) throws -> Int32 {
        if path.isEmpty { return try open(Self.root, isDirectory: true, flags) }
        let (directory, name) = try parent(path)
        guard let (node, status) = try find(name, in: directory) else {
            guard flags & O_CREAT != 0 else { throw Errno.noSuchFileOrDirectory }
            return try create(name, in: directory, flags, mode)
        }
        if flags & (O_CREAT | O_EXCL) == O_CREAT | O_EXCL { throw Errno.fileExists }
        if status.isDirectory, flags & O_CREAT != 0 || flags & O_ACCMODE != O_RDONLY {
            throw Errno.isDirectory
        }
        if flags & O_DIRECTORY != 0, !status.isDirectory { throw Errno.notDirectory }
        return try open(node, isDirectory: status.isDirectory, flags)
    }

    private func open(_ node: UInt64, isDirectory: Bool, _ flags: Int32) throws -> Int32 {
        var request = Message()
        let flags = flags & ~(O_CREAT | O_EXCL | O_NOCTTY)
        request.add(UInt32(bitPattern: flags), 0)
        var answer = MessageReader(
            try kernel.ask(isDirectory ? .opendir : .open, node, identity, request))
        if flags & O_TRUNC != 0 { kernel.sizes[node] = 0 }
        return keep(
            OpenFile(
                node: node, handle: answer.u64(), flags: flags, answered: answer.u32(),
                isDirectory: isDirectory))
    }

    private func create(_ name: String, in directory: UInt64, _ flags: Int32, _ mode: UInt32) throws -> Int32
    {
        var request = Message()
        let flags = flags & ~O_NOCTTY
        request.add(UInt32(bitPattern: flags), S_IFREG | mode, 0, 0)
        request.add(name: name)
        let answer = try kernel.ask(.create, directory, identity, request)
        let (node, _) = try kernel.entry(answer)
        var opened = MessageReader(Array(answer[128...]))
        return keep(
            OpenFile(
                node: node, handle: opened.u64(), flags: flags, answered: opened.u32(), isDirectory: false))
    }

    private func keep(_ file: OpenFile) -> Int32 {
        var number: Int32 = 3
        while files[number] != nil { number += 1 }
        files[number] = file
        return number
    }

    private func file(_ number: Int32) throws -> OpenFile {
        guard let file = files[number] else { throw Errno.badFileDescriptor }
        return file
    }

    func close(_ number: Int32) throws {
        let file = try file(number)
        files[number] = nil
        var failure: (any Error)?
        if !file.isDirectory, !file.noFlush {
            var request = Message()
            request.add(file.handle)
            request.add(0 as UInt32, 0)
            request.add(lockOwner)
            do { _ = try kernel.ask(.flush, file.node, identity, request) } catch { failure = error }
        }
        file.uses -= 1
        if file.uses == 0 {
            var request = Message()
            request.add(file.handle)
            request.add(UInt32(bitPattern: file.flags), 0)
            request.add(lockOwner)
            // The kernel doesn't say who closes last, and nobody hears what comes of it.
            _ = try? kernel.ask(
                file.isDirectory ? .releasedir : .release, file.node, Kernel.Identity(), request)
        }
        if let failure { throw failure }
    }

    func read(_ number: Int32, _ size: Int) throws -> [UInt8] {
        let file = try file(number)
        let bytes = try pread(number, size, at: file.position)
        file.position += bytes.count
        return bytes
    }

    func pread(_ number: Int32, _ size: Int, at offset: Int) throws -> [UInt8] {
        let file = try file(number)
        if file.isDirectory { throw Errno.isDirectory }
        guard file.isReadable else { throw Errno.badFileDescriptor }
        var bytes: [UInt8] = []
        while bytes.count < size {
            let part = min(size - bytes.count, Self.largestTransfer)
            var request = Message()
            request.add(file.handle, UInt64(offset + bytes.count))
            // FUSE_READ_LOCKOWNER: it is read for a process, not for the page cache.
            request.add(UInt32(part), 2)
            request.add(lockOwner)
            request.add(UInt32(bitPattern: file.flags), 0)
            let more = try kernel.ask(.read, file.node, identity, request)
            guard more.count <= part else { throw AgentFailure(what: "gave more than was asked for") }
            if more.isEmpty { break }
            bytes += more
        }
        return bytes
    }

    func write(_ number: Int32, _ bytes: [UInt8]) throws -> Int {
        let file = try file(number)
        if file.flags & O_APPEND != 0 { file.position = kernel.sizes[file.node] ?? 0 }
        let count = try pwrite(number, bytes, at: file.position)
        file.position += count
        return count
    }

    func pwrite(_ number: Int32, _ bytes: [UInt8], at offset: Int) throws -> Int {
        let file = try file(number)
        guard file.isWritable, !file.isDirectory else { throw Errno.badFileDescriptor }
        var done = 0
        while done < bytes.count {
            let part = min(bytes.count - done, Self.largestTransfer)
            var request = Message()
            request.add(file.handle, UInt64(offset + done))
            request.add(UInt32(part), 0)
            request.add(lockOwner)
            request.add(UInt32(bitPattern: file.flags), 0)
            request.add(Array(bytes[done..<done + part]))
            var answer = MessageReader(try kernel.ask(.write, file.node, identity, request))
            done += Int(answer.u32())
            kernel.sizes[file.node] = max(kernel.sizes[file.node] ?? 0, offset + done)
        }
        return done
    }

    func lseek(_ number: Int32, _ offset: Int, _ whence: Int32) throws -> Int {
        let file = try file(number)
        switch whence {
        case SEEK_SET: file.position = offset
        case SEEK_CUR: file.position += offset
        case SEEK_END: file.position = try kernel.attributes(file.node, identity).size + offset
        case seekData, seekHole:
            var request = Message()
            request.add(file.handle, UInt64(offset))
            request.add(UInt32(whence), 0)
            var answer = MessageReader(try kernel.ask(.lseek, file.node, identity, request))
            file.position = Int(answer.u64())
        default: throw Errno.invalidArgument
        }
        return file.position
    }

    func dup(_ number: Int32) throws -> Int32 {
        let file = try file(number)
        file.uses += 1
        return keep(file)
    }

    func fsync(_ number: Int32) throws {
        let file = try file(number)
        var request = Message()
        request.add(file.handle)
        request.add(0 as UInt32, 0)
        _ = try kernel.ask(.fsync, file.node, identity, request)
    }

    // MARK: Attributes

    /// FATTR_MODE, FATTR_UID, FATTR_GID, FATTR_SIZE, FATTR_ATIME, FATTR_MTIME, FATTR_FH.
    private enum Valid {
        static let (mode, uid, gid, size, times, handle): (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32) =
            (1, 2, 4, 8, 16 | 32, 64)
    }

    private func setattr(
        _ node: UInt64, _ valid: UInt32, handle: UInt64 = 0, size: Int = 0, time: Int = 0, mode: UInt32 = 0,
        uid: UInt32 = 0, gid: UInt32 = 0
    ) throws {
        var request = Message()
        request.add(valid, 0)
        let seconds = UInt64(time / 1_000_000_000)
        request.add(handle, UInt64(size), lockOwner, seconds, seconds, 0)
        let nanoseconds = UInt32(time % 1_000_000_000)
        request.add(nanoseconds, nanoseconds, 0, mode, 0, uid, gid, 0)
        _ = try kernel.attributes(of: node, in: try kernel.ask(.setattr, node, identity, request))
    }

    func truncate(_ path: String, _ size: Int) throws {
        let (node, status) = try resolve(path)
        if status.isDirectory { throw Errno.isDirectory }
        try setattr(node, Valid.size, size: size)
    }

    func ftruncate(_ number: Int32, _ size: Int) throws {
        let file = try file(number)
        guard file.isWritable else { throw Errno.invalidArgument }
        try setattr(file.node, Valid.size | Valid.handle, handle: file.handle, size: size)
    }

    /// What LOOKUP told may not be kept, so Linux asks once more.
    func stat(_ path: String) throws -> Status { try kernel.attributes(try resolve(path).node, identity) }
    func fstat(_ number: Int32) throws -> Status { try kernel.attributes(try file(number).node, identity) }

    func chmod(_ path: String, _ mode: UInt32) throws {
        let (node, status) = try resolve(path)
        try setattr(node, Valid.mode, mode: status.mode & S_IFMT | mode)
    }

    func chown(_ path: String, uid: UInt32, gid: UInt32) throws {
        try setattr(try resolve(path).node, Valid.uid | Valid.gid, uid: uid, gid: gid)
    }

    func utimens(_ path: String, _ time: Int) throws {
        try setattr(try resolve(path).node, Valid.times, time: time)
    }

    func access(_ path: String, _ mode: Int32) throws {
        let (node, _) = try resolve(path)
        if mode == F_OK { return }
        var request = Message()
        request.add(UInt32(mode), 0)
        _ = try kernel.ask(.access, node, identity, request)
    }

    // MARK: Names

    func getdents(_ number: Int32, size: Int) throws -> [DirectoryName] {
        let file = try file(number)
        guard file.isDirectory else { throw Errno.notDirectory }
        var request = Message()
        request.add(file.handle, UInt64(file.position))
        request.add(UInt32(min(size, 4096)), 0)
        request.add(0 as UInt64)
        request.add(0 as UInt32, 0)
        let answer = try kernel.ask(.readdir, file.node, identity, request)
        guard answer.count <= min(size, 4096) else {
            throw AgentFailure(what: "lists more than was asked for")
        }
        var reader = MessageReader(answer)
        var names: [DirectoryName] = []
        while !reader.isAtEnd {
            let inode = reader.u64()
            let next = Int(reader.u64())
            let length = Int(reader.u32())
            let kind = UInt8(reader.u32())
            names.append(DirectoryName(name: reader.text(length), inode: inode, kind: kind, next: next))
            reader.skip((8 - length % 8) % 8)
        }
        if let last = names.last { file.position = last.next }
        return names
    }

    func mkdir(_ path: String, mode: UInt32) throws {
        let (directory, name) = try parent(path)
        if try find(name, in: directory) != nil { throw Errno.fileExists }
        var request = Message()
        request.add(S_IFDIR | mode, 0)
        request.add(name: name)
        _ = try kernel.entry(try kernel.ask(.mkdir, directory, identity, request))
    }

    func mknod(_ path: String, mode: UInt32, device: UInt32) throws {
        let (directory, name) = try parent(path)
        if try find(name, in: directory) != nil { throw Errno.fileExists }
        var request = Message()
        request.add(mode, device, 0, 0)
        request.add(name: name)
        _ = try kernel.entry(try kernel.ask(.mknod, directory, identity, request))
    }

    func symlink(_ path: String, to target: String) throws {
        let (directory, name) = try parent(path)
        if try find(name, in: directory) != nil { throw Errno.fileExists }
        var request = Message()
        request.add(name: name)
        request.add(name: target)
        _ = try kernel.entry(try kernel.ask(.symlink, directory, identity, request))
    }

    func link(_ path: String, to newPath: String) throws {
        let (node, status) = try resolve(path)
        let (directory, name) = try parent(newPath)
        if try find(name, in: directory) != nil { throw Errno.fileExists }
        if status.isDirectory { throw Errno.notPermitted }
        var request = Message()
        request.add(node)
        request.add(name: name)
        _ = try kernel.entry(try kernel.ask(.link, directory, identity, request))
    }

    func unlink(_ path: String) throws { try remove(path, directory: false) }
    func rmdir(_ path: String) throws { try remove(path, directory: true) }

    private func remove(_ path: String, directory isDirectory: Bool) throws {
        let (directory, name) = try parent(path)
        guard let found = try find(name, in: directory) else { throw Errno.noSuchFileOrDirectory }
        if isDirectory, !found.status.isDirectory { throw Errno.notDirectory }
        if !isDirectory, found.status.isDirectory { throw Errno.isDirectory }
        var request = Message()
        request.add(name: name)
        _ = try kernel.ask(isDirectory ? .rmdir : .unlink, directory, identity, request)
    }

    func rename(_ path: String, to newPath: String, flags: UInt32) throws {
        let (directory, name) = try parent(path)
        let (newDirectory, newName) = try parent(newPath)
        guard let old = try find(name, in: directory) else { throw Errno.noSuchFileOrDirectory }
        let new = try find(newName, in: newDirectory)
        // RENAME_NOREPLACE and RENAME_EXCHANGE.
        if flags & 1 != 0, new != nil { throw Errno.fileExists }
        if flags & 2 != 0, new == nil { throw Errno.noSuchFileOrDirectory }
        if let new, flags & 2 == 0 {
            if new.node == old.node { return }
            if old.status.isDirectory, !new.status.isDirectory { throw Errno.notDirectory }
            if !old.status.isDirectory, new.status.isDirectory { throw Errno.isDirectory }
        }
        var request = Message()
        request.add(newDirectory)
        if flags != 0 { request.add(flags, 0) }
        request.add(name: name)
        request.add(name: newName)
        _ = try kernel.ask(flags == 0 ? .rename : .rename2, directory, identity, request)
    }

    // MARK: Extended attributes and the rest

    func setxattr(_ path: String, _ name: String, _ value: [UInt8], flags: Int32) throws {
        var request = Message()
        // Without FUSE_SETXATTR_EXT the structure is of two words.
        request.add(UInt32(value.count), UInt32(flags))
        request.add(name: name)
        request.add(value)
        _ = try kernel.ask(.setxattr, try resolve(path).node, identity, request)
    }

    func getxattr(_ path: String, _ name: String) throws -> [UInt8] {
        var request = Message()
        request.add(65_536 as UInt32, 0)
        request.add(name: name)
        return try kernel.ask(.getxattr, try resolve(path).node, identity, request)
    }

    func listxattr(_ path: String) throws -> [String] {
        var request = Message()
        request.add(65_536 as UInt32, 0)
        return try kernel.ask(.listxattr, try resolve(path).node, identity, request)
            .split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    func removexattr(_ path: String, _ name: String) throws {
        var request = Message()
        request.add(name: name)
        _ = try kernel.ask(.removexattr, try resolve(path).node, identity, request)
    }

    func nameLimit(_ path: String) throws -> Int {
        var answer = MessageReader(try kernel.ask(.statfs, try resolve(path).node, identity))
        // struct fuse_kstatfs: five words of 8 bytes, bsize, namelen.
        answer.skip(40 + 4)
        return Int(answer.u32())
    }

    func fork() throws -> any Program {
        let child = KernelProgram(
            kernel, body: try body.forkAgent(), uid: identity.uid, gid: identity.gid)
        child.files = files
        for file in files.values { file.uses += 1 }
        return child
    }

    func exit() throws {
        for number in files.keys.sorted() { try? close(number) }
        try body.exit()
    }
}
