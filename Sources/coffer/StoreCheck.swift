internal import Glibc
internal import Supervision

/// Whether a store's directory is closed to other users.
struct StoreCheck {
    let path: String

    func findings() -> [Finding] {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            return [
                Finding(
                    .fail, "\(path) can't be examined: \(SystemError.words(errno))",
                    fix: "check the path, or make a store with `coffer init \(path)`")
            ]
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            return [
                Finding(.fail, "\(path) is no directory", fix: "name the directory that `coffer init` made")
            ]
        }
        return [closed(path, status), owned(status), database()]
    }

    private func closed(_ path: String, _ status: stat) -> Finding {
        status.st_mode & 0o077 == 0
            ? Finding(.ok, "\(path) is closed to other users")
            : Finding(.fail, "\(path) is open to other users", fix: "`chmod -R go= \(path)`")
    }

    private func owned(_ status: stat) -> Finding {
        status.st_uid == geteuid()
            ? Finding(.ok, "\(path) is yours")
            : Finding(
                .warn, "\(path) belongs to UID \(status.st_uid), and you are UID \(geteuid())",
                fix: "mount it as its owner, who administers it")
    }

    private func database() -> Finding {
        let file = path + "/coffer.db"
        var status = stat()
        guard unsafe lstat(file, &status) == 0 else {
            return Finding(
                .fail, "\(file) can't be examined: \(SystemError.words(errno))",
                fix: "name the directory that `coffer init` made")
        }
        return closed(file, status)
    }
}
