import GRDB
import Synchronization

/// A store in one SQLite database: one process, one writer, durable.
///
/// Two connections: commits wait for each other and for the disk on one; point reads have the other to themselves. A
/// scan opens one of its own, for its snapshot.
public final class SQLiteStore: SecretStore {
    let directory: StoreDirectory
    let schema: Schema
    let writer: DatabaseQueue?
    let reader: DatabaseQueue
    let watchers = Watchers()
    /// What of the file has changed since the store was closed, a line each. Nothing is written over it.
    public let damagedParts: [String]
    private let sum: FileSum?
    private let isClosed = Atomic(false)
    /// Held until the store is closed; given up last.
    private let lock: Mutex<StoreLock?>

    /// Makes an empty store in a new or empty directory, and opens it.
    ///
    /// It appears whole: a creation that is interrupted leaves no store, and can be repeated.
    ///
    /// - Parameters:
    ///   - directory: The store's path; made with mode 0700. The directory above it must exist.
    ///   - contents: What the store holds from the first moment.
    ///   - fileHash: With it, the file is hashed when the store is closed, and checked when it is opened.
    public static func create(
        at directory: String, holding contents: Transaction = Transaction(), fileHash: FileHash? = nil
    ) throws(StoreError) -> SQLiteStore {
        try create(at: directory, holding: contents, fileHash: fileHash, schema: .current)
    }

    /// Opens a store.
    ///
    /// - Parameters:
    ///   - directory: The store's path.
    ///   - readOnly: Changes nothing and skips the structural check, so that a damaged store can be read as far as
    ///     it goes. The lock is taken all the same.
    ///   - fileHash: As for `create`: what has changed meanwhile stands in `damagedParts`.
    public convenience init(
        opening directory: String, readOnly: Bool = false, fileHash: FileHash? = nil
    ) throws(StoreError) {
        try self.init(opening: directory, readOnly: readOnly, fileHash: fileHash, schema: .current)
    }

    /// Throws where this program can't open a store of that format; it changes nothing, and another process may have it open.
    public static func checkFormat(of directory: String) throws(StoreError) {
        let directory = StoreDirectory(directory)
        do {
            try directory.requireDatabase()
            let reader = try Connection.open(directory, .reading)
            try reader.unsafeRead { try requireMark($0, directory: directory, schema: .current) }
            try reader.close()
        } catch {
            throw StoreError(error, subject: directory.database)
        }
    }

    /// Opens a store as one with the given tables.
    convenience init(
        opening path: String, readOnly: Bool, fileHash: FileHash? = nil, schema: Schema
    ) throws(StoreError) {
        let directory = StoreDirectory(path)
        try directory.requireDatabase()
        if !readOnly { try directory.requireWritable() }
        // Nobody can write where the lock's file can't be made either.
        var lock: StoreLock?
        do {
            lock = try StoreLock(path: directory.lock)
        } catch {
            guard readOnly, !directory.isWritable, case .missing = error else { throw error }
        }
        try self.init(directory, lock: lock, readOnly: readOnly, fileHash: fileHash, schema: schema)
    }

    init(
        _ directory: StoreDirectory, lock: consuming StoreLock?, readOnly: Bool, fileHash: FileHash?,
        schema: Schema
    ) throws(StoreError) {
        try directory.requireDatabaseHeader(andLength: !readOnly)
        self.directory = directory
        let sum = fileHash.map { FileSum(directory: directory, hash: $0) }
        self.sum = sum
        damagedParts = try sum?.changes() ?? []
        self.schema = schema
        self.lock = Mutex(lock)
        do {
            reader = try Connection.open(directory, readOnly ? .inspecting : .reading)
            // A stranger's or a newer database must not be written to, not even by taking its log in.
            try reader.unsafeRead { try Self.requireMark($0, directory: directory, schema: schema) }
            writer = readOnly ? nil : try Connection.open(directory, .writing)
            try writer?.writeWithoutTransaction { try Self.prepare($0, schema: schema) }
            try reader.unsafeRead { connection in
                try schema.requireTables(in: connection)
                if !readOnly { try Self.requireSoundPages(connection) }
            }
            if !readOnly, damagedParts.isEmpty { try sum?.remove() }
        } catch {
            let error = StoreError(error, subject: directory.database)
            guard case .damaged(let what) = error, !damagedParts.isEmpty else { throw error }
            throw .damaged(what: ([what] + damagedParts).joined(separator: "; "))
        }
    }

    deinit {
        close()
    }

    public func watch(_ handler: @escaping @Sendable (StoreChange) -> Void) -> WatchToken {
        watchers.add(handler)
    }

    public func close() {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        try? reader.close()
        if let writer {
            // The last connection to close does this by itself, unless a scan still runs.
            try? writer.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
            try? writer.close()
            // Without a sum the next opening has nothing to compare with, and goes by the rows.
            if damagedParts.isEmpty, !directory.hasLog { try? sum?.write() }
        }
        lock.withLock { $0 = nil }
    }

    public func leave() {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        lock.withLock { $0 = nil }
    }

    /// Opens a connection for one long read, so that it has a snapshot of its own and is in nobody's way.
    func openScanner() throws(StoreError) -> DatabaseQueue {
        try requireOpen()
        do {
            return try Connection.open(directory, writer == nil ? .inspecting : .reading)
        } catch {
            throw StoreError(error, subject: directory.database)
        }
    }

    /// Runs `body` on a connection, on its queue; its errors become the store's.
    func perform<Result>(
        on queue: DatabaseQueue, _ subject: StaticString, _ body: (Database) throws -> Result
    ) throws(StoreError) -> Result {
        do {
            return try queue.unsafeRead { connection in
                try requireOpen()
                return try body(connection)
            }
        } catch {
            throw StoreError(error, subject: "\(subject)")
        }
    }

    /// Throws once the store is closed. A connection must not be used from then on.
    func requireOpen() throws(StoreError) {
        guard !isClosed.load(ordering: .acquiring) else { throw .closed }
    }
}
