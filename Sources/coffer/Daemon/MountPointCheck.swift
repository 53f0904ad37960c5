internal import Fuse
internal import Glibc

/// Why a directory can't be the mount point.
enum MountPointProblem: Error {
    case missing(String)
    case notDirectory(String)
    case notEmpty(String)
    case alreadyMount(String, type: String)
    case disconnected(String)
    case closed(String)
    case inaccessible(String, Int32)

    /// What is wrong and what to do, for people.
    var message: String {
        switch self {
        case .missing(let path):
            "the mount point \(path) doesn't exist; make it with `mkdir -p \(path)`"
        case .notDirectory(let path):
            "the mount point \(path) is not a directory; give an empty directory"
        case .notEmpty(let path):
            "the mount point \(path) is not empty, and what is in it would be hidden; give an empty directory"
        case .alreadyMount(let path, let type):
            "something (\(type)) is mounted at \(path) already; `coffer umount \(path)` first, or give another directory"
        case .disconnected(let path):
            "a daemon that is gone has left its mount at \(path); clear it with `coffer umount \(path)`"
        case .closed(let path):
            "the mount point \(path) was closed by another user's mount; let them, or root, open it with `coffer umount --open-mount-point \(path)`"
        case .inaccessible(let path, let code):
            "the mount point \(path) can't be examined: \(SystemError.words(code))"
        }
    }
}

/// The mount table as this process sees it. Source: proc(5), `/proc/self/mountinfo`.
enum MountTable {
    /// The type of the file system that is mounted right at a path; nil where none is.
    static func type(at path: String) -> String? { entry(at: path)?.type }

    /// The source of the file system that is mounted right at a path: for Coffer the store's directory.
    static func source(at path: String) -> String? { entry(at: path)?.source }

    /// The device number, `major:minor`, of the file system that is mounted right at a path.
    static func device(at path: String) -> String? { entry(at: path)?.device }

    private static func entry(at path: String) -> (type: String, source: String, device: String)? {
        guard let file = unsafe fopen("/proc/self/mountinfo", "re") else { return nil }
        defer { unsafe fclose(file) }
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { unsafe free(line) }
        var found: (type: String, source: String, device: String)?
        while unsafe getline(&line, &capacity, file) > 0 {
            guard let line = unsafe line else { break }
            let fields = unsafe String(cString: line).split(separator: " ")
            guard fields.count > 6, unescaped(fields[4]) == path, let dash = fields.firstIndex(of: "-"),
                dash + 2 < fields.count
            else { continue }
            found = (String(fields[dash + 1]), unescaped(fields[dash + 2]), String(fields[2]))
        }
        return found
    }

    /// A path as the table writes it: blanks and backslashes in octal.
    private static func unescaped(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3,
                let value = UInt8(String(Substring(digits)), radix: 8)
            {
                bytes.append(value)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Takes away a mount of ours that nobody serves any more; false where that is refused.
func clearDeadMount(at path: String) -> Bool {
    MountTable.type(at: path) == "fuse.coffer" && HeldMount.detach(at: path)
}

/// Checks that a directory can be mounted on, and gives its absolute path.
func checkedMountPoint(_ path: String) throws(MountPointProblem) -> String {
    guard let resolved = unsafe realpath(path, nil) else {
        switch errno {
        case ENOENT: throw .missing(path)
        case ENOTDIR: throw .notDirectory(path)
        case ENOTCONN: throw .disconnected(path)
        case let code: throw .inaccessible(path, code)
        }
    }
    defer { unsafe free(resolved) }
    let absolute = unsafe String(cString: resolved)
    if let type = MountTable.type(at: absolute) {
        var status = stat()
        if unsafe stat(absolute, &status) != 0, errno == ENOTCONN { throw .disconnected(absolute) }
        throw .alreadyMount(absolute, type: type)
    }
    var status = stat()
    guard unsafe stat(absolute, &status) == 0 else { throw .inaccessible(absolute, errno) }
    guard status.st_mode & S_IFMT == S_IFDIR else { throw .notDirectory(absolute) }
    let names: [String]
    do throws(Errno) {
        names = try directoryNames(of: BareMountPoint(absolute))
    } catch {
        throw BareMountPoint.isClosed(at: absolute)
            ? .closed(absolute) : .inaccessible(absolute, error.rawValue)
    }
    guard names.isEmpty else { throw .notEmpty(absolute) }
    return absolute
}

/// The names in a directory that may be closed to the caller by now.
private func directoryNames(of bare: borrowing BareMountPoint) throws(Errno) -> [String] {
    guard let directory = unsafe fdopendir(fcntl(bare.descriptor, F_DUPFD_CLOEXEC, 0)) else {
        throw Errno(rawValue: errno)
    }
    defer { unsafe closedir(directory) }
    return unsafe directoryNames(in: directory)
}

/// The names in a directory, `.` and `..` left out; nil where it can't be read, and errno says why. Source: readdir(3).
func directoryNames(_ path: String) -> [String]? {
    guard let directory = unsafe opendir(path) else { return nil }
    defer { unsafe closedir(directory) }
    return unsafe directoryNames(in: directory)
}

private func directoryNames(in directory: OpaquePointer) -> [String] {
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
        let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
        }
        if name != ".", name != ".." { names.append(name) }
    }
    return names
}
