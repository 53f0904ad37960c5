internal import Glibc

/// Where things lie unless the command line says otherwise.
enum StoreLocation {
    /// The audit trail's directory: beside the store, since its records name secrets and the store's files don't.
    static func auditDirectory(ofStore store: String) -> String {
        var path = store
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path + ".audit"
    }

    /// The socket that a daemon of this user listens on.
    static var daemonSocket: String {
        if geteuid() != 0, let runtime = unsafe getenv("XDG_RUNTIME_DIR") {
            return unsafe String(cString: runtime) + "/coffer/control.sock"
        }
        return "/run/coffer/control.sock"
    }

    /// A path from the root on, whatever directory the daemon runs in.
    static func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        guard let directory = unsafe getcwd(nil, 0) else { return path }
        defer { unsafe free(directory) }
        return unsafe String(cString: directory) + "/" + path
    }
}
