import Glibc

/// The files of a store on a local file system, and what must hold of them.
struct StoreDirectory {
    /// The directory, in a form that no library takes for an option or an address.
    let path: String

    init(_ path: String) {
        // SQLite reads a name that begins with "file:" as an address.
        self.path = path.hasPrefix("/") ? path : "./" + path
    }

    var database: String { path + "/coffer.db" }
    var lock: String { path + "/coffer.lock" }
    /// A store that is being made: it becomes ``database`` by one rename, when it is whole.
    var unfinished: String { path + "/coffer.db.new" }

    private var leftovers: [String] { ["", "-journal", "-wal", "-shm"].map { unfinished + $0 } }

    /// Makes the directory, mode 0700, or takes an empty one over; true when it was made.
    func prepare() throws(StoreError) -> Bool {
        if unsafe mkdir(path, 0o700) == 0 { return true }
        guard errno == EEXIST else {
            throw errno == ENOENT
                ? .notAStore(path: path, reason: "the directory above it doesn't exist; make that first")
                : StoreError(systemError: errno, path: path)
        }
        let names = try entries()
        if names.contains("coffer.db") { throw .alreadyExists(path: path) }
        guard names.allSatisfy({ $0 == "coffer.lock" || $0.hasPrefix("coffer.db.new") }) else {
            throw .notEmpty(path: path)
        }
        guard unsafe chmod(path, 0o700) == 0 else { throw StoreError(systemError: errno, path: path) }
        return false
    }

    /// Makes the empty file for a new store, mode 0600, which SQLite gives its side files too.
    func startUnfinished() throws(StoreError) {
        removeUnfinished()
        let descriptor = unsafe open(unfinished, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StoreError(systemError: errno, path: unfinished) }
        Glibc.close(descriptor)
    }

    /// Puts the finished file in its place, durably: the file, then its name, then the directory's own name.
    func finish() throws(StoreError) {
        try sync(unfinished)
        guard unsafe rename(unfinished, database) == 0 else {
            throw StoreError(systemError: errno, path: database)
        }
        try sync(path)
        try sync(path + "/..")
    }

    /// Removes what an interrupted creation left.
    func removeUnfinished() {
        for leftover in leftovers { unsafe unlink(leftover) }
    }

    /// Takes back a directory that was made for a store that could not be.
    func remove() {
        unsafe unlink(lock)
        unsafe rmdir(path)
    }

    /// Checks that the directory is there and holds a database file. It opens none: closing a descriptor of a file that
    /// SQLite has open in this process would drop SQLite's locks.
    func requireDatabase() throws(StoreError) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw StoreError(systemError: errno, path: path) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw .notAStore(path: path, reason: "it is a file; name the directory that `coffer init` made")
        }
        guard unsafe lstat(database, &status) == 0 else {
            guard errno == ENOENT else { throw StoreError(systemError: errno, path: database) }
            throw .notAStore(path: path, reason: "it holds no coffer.db; make a store with `coffer init`")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .notAStore(path: path, reason: "its coffer.db is not a plain file")
        }
    }

    /// Checks that the database file begins as one of SQLite's, and is as long as it says. The lock must be held, and
    /// SQLite not have it open.
    func requireDatabaseHeader(andLength checksLength: Bool) throws(StoreError) {
        let descriptor = unsafe open(database, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw StoreError(systemError: errno, path: database) }
        defer { Glibc.close(descriptor) }
        var header = [UInt8](repeating: 0, count: 32)
        let count = unsafe header.withUnsafeMutableBytes {
            unsafe pread(descriptor, $0.baseAddress, $0.count, 0)
        }
        guard count >= 0 else { throw StoreError(systemError: errno, path: database) }
        guard count > 0 else {
            throw .notAStore(path: path, reason: "its coffer.db is empty; restore it from a backup")
        }
        guard header.starts(with: "SQLite format 3\0".utf8) else {
            throw .notAStore(
                path: path,
                reason: "its coffer.db is not a database, or its start is overwritten; restore a backup")
        }
        // With a log beside it, the file may rightly lag behind.
        guard checksLength, !hasLog else { return }
        let pageSize = header[16..<18].reduce(0) { $0 << 8 | Int($1) }
        let pageCount = header[28..<32].reduce(0) { $0 << 8 | Int($1) }
        guard Int(lseek(descriptor, 0, SEEK_END)) >= pageCount * (pageSize == 1 ? 65536 : pageSize) else {
            throw .damaged(what: "coffer.db was cut short")
        }
    }

    /// Whether it can be written to. System call: `access`.
    var isWritable: Bool { unsafe access(path, W_OK) == 0 }

    /// Checks that it can be written to: SQLite would only say that it can't open something.
    func requireWritable() throws(StoreError) {
        guard isWritable else { throw StoreError(systemError: errno, path: path) }
    }

    /// Whether a write-ahead log with something in it lies beside the database.
    var hasLog: Bool {
        var status = stat()
        return unsafe stat(database + "-wal", &status) == 0 && status.st_size > 0
    }

    private func entries() throws(StoreError) -> [String] {
        guard let listing = unsafe opendir(path) else { throw StoreError(systemError: errno, path: path) }
        defer { unsafe closedir(listing) }
        var names: [String] = []
        while let entry = unsafe readdir(listing) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    func sync(_ path: String) throws(StoreError) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StoreError(systemError: errno, path: path) }
        defer { Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw StoreError(systemError: errno, path: path) }
    }
}

extension StoreError {
    /// The error for an errno met at a path.
    init(systemError code: Int32, path: String) {
        switch code {
        case ENOENT: self = .missing(path: path)
        case ENOTDIR, ELOOP: self = .notAStore(path: path, reason: "a part of the path is not a directory")
        case EACCES, EPERM: self = .permissionDenied(path: path)
        case ENOSPC, EDQUOT, EFBIG: self = .full
        case EROFS: self = .readOnly
        default: self = .io("\(path): \(unsafe String(cString: strerror(code)))")
        }
    }
}
