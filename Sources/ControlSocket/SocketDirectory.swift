import Glibc

/// The directory that a control socket lies in: whoever can write there can put another socket in its place, and
/// would be handed every secret that a client sends.
enum SocketDirectory {
    /// The directory part of `path`.
    static func of(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Makes `directory` (0755, not its parents) if it is missing, and refuses it where others could replace the
    /// socket. Throws `unsafeDirectory`, `permission`, `io`.
    static func prepare(_ directory: String) throws(ControlSocketError) {
        if unsafe mkdir(directory, 0o755) == 0 {
            // The process's umask may have taken bits away, and clients of other users must get through.
            guard unsafe chmod(directory, 0o755) == 0 else { throw .io(code: errno) }
        } else if errno != EEXIST {
            throw errno == EACCES ? .permission(path: directory) : .io(code: errno)
        }
        guard let resolved = unsafe realpath(directory, nil) else { throw .io(code: errno) }
        defer { unsafe free(resolved) }
        var current = unsafe String(cString: resolved)
        try check(current, toleratesSticky: false)
        // Whoever can rename a directory above can do the same, but not in one that is sticky, such as /tmp.
        while current != "/" {
            current = of(current)
            try check(current, toleratesSticky: true)
        }
    }

    private static func check(_ directory: String, toleratesSticky: Bool) throws(ControlSocketError) {
        var status = stat()
        guard unsafe stat(directory, &status) == 0 else { throw .io(code: errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw .unsafeDirectory(path: directory, reason: "it is no directory")
        }
        guard status.st_uid == 0 || status.st_uid == geteuid() else {
            throw .unsafeDirectory(path: directory, reason: "it belongs to user \(status.st_uid)")
        }
        let isProtected = toleratesSticky && status.st_mode & mode_t(S_ISVTX) != 0
        guard isProtected || status.st_mode & 0o022 == 0 else {
            throw .unsafeDirectory(path: directory, reason: "its group or everybody can write to it")
        }
    }
}
