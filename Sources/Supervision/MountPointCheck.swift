internal import Fuse
internal import Glibc

/// Why a directory can't be the mount point.
package enum MountPointProblem: Error {
    case missing(String)
    case notDirectory(String)
    case notEmpty(String)
    case alreadyMount(String, type: String)
    case disconnected(String)
    case closed(String)
    case inaccessible(String, Int32)

    /// What is wrong and what to do, for people.
    package var message: String {
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

/// Looks for a directory that can be mounted on at a path, and gives its absolute path. A mount of ours that nobody serves any
/// more is taken away from there, which is told.
package func findMountPoint(
    _ path: String, onCleared: (String) -> Void
) throws(MountPointProblem) -> String {
    // The kernel takes a moment to end the connection of processes that were just killed.
    let patience = ContinuousClock.now + .seconds(2)
    while true {
        do throws(MountPointProblem) {
            return try checkedMountPoint(path)
        } catch .disconnected(let path) where HeldMount.detach(at: path) {
            onCleared(path)
        } catch .alreadyMount(let path, let type) {
            guard type == MountTable.ownType, MountHolder(mountPoint: path) == nil,
                ContinuousClock.now < patience
            else { throw .alreadyMount(path, type: type) }
            usleep(10_000)
        }
    }
}

/// Checks that a directory can be mounted on, and gives its absolute path.
package func checkedMountPoint(_ path: String) throws(MountPointProblem) -> String {
    guard let resolved = unsafe realpath(path, nil) else {
        switch errno {
        case ENOENT: throw .missing(path)
        case ENOTDIR: throw .notDirectory(path)
        case ENOTCONN, ECONNABORTED: throw .disconnected(path)
        case let code: throw .inaccessible(path, code)
        }
    }
    defer { unsafe free(resolved) }
    let absolute = unsafe String(cString: resolved)
    if let type = MountTable.type(at: absolute) {
        var status = stat()
        if unsafe stat(absolute, &status) != 0, [ENOTCONN, ECONNABORTED].contains(errno) {
            throw .disconnected(absolute)
        }
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
package func directoryNames(_ path: String) -> [String]? {
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
