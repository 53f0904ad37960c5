import Glibc

/// The files of a trail, and how they are opened. The one place that names them.
struct TrailFiles: Sendable {
    let directory: String

    /// The records, one a line.
    var log: String { directory + "/audit.log" }
    /// The last record's number and chain value, sealed.
    var head: String { directory + "/audit.head" }
    /// What was cut off the log because it had been written in part only.
    var torn: String { directory + "/audit.torn" }

    /// Makes the directory (0700) unless it is there, and refuses one that others may write to.
    func prepareDirectory() throws(AuditError) {
        if unsafe mkdir(directory, 0o700) != 0, errno != EEXIST { throw .io(path: directory, code: errno) }
        var status = stat()
        guard unsafe lstat(directory, &status) == 0 else { throw .io(path: directory, code: errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw .foreign(path: directory, reason: "it is not a directory; name another one.")
        }
        guard status.st_uid == geteuid(), status.st_mode & 0o022 == 0 else {
            throw .foreign(
                path: directory,
                reason: "others may write to it; give it to the user that runs Coffer, and chmod 700 it.")
        }
    }

    /// Makes the names of new files outlive the machine. System call: `fsync`
    static func syncDirectory(_ path: String) throws(AuditError) {
        let descriptor = unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .io(path: path, code: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .io(path: path, code: errno) }
    }

    /// Opens a file of the trail, making it (0600) if `flags` say so. System call: `open`
    static func open(_ path: String, _ flags: Int32) throws(AuditError) -> OpenFile {
        let descriptor = unsafe Glibc.open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
        guard descriptor >= 0 else {
            if errno == ELOOP {
                throw .foreign(path: path, reason: "it is a symbolic link; put a plain file there.")
            }
            throw AuditError(errno: errno, path: path)
        }
        let file = OpenFile(descriptor: descriptor, path: path)
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw .io(path: path, code: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .foreign(path: path, reason: "it is not a plain file; move it away.")
        }
        return file
    }
}

extension AuditError {
    /// The error that an errno stands for.
    init(errno code: Int32, path: String) {
        switch code {
        case ENOSPC, EDQUOT, EFBIG: self = .full(path: path)
        default: self = .io(path: path, code: code)
        }
    }
}
