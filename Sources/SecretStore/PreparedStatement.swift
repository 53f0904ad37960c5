import GRDB
internal import GRDBSQLite

/// A cached statement, stepped by SQLite's own calls: GRDB's rows and arguments go through Foundation's Data, which
/// costs a copy and an allocation a row.
///
/// To be used within the block on its connection's queue that prepared it. After use it is reset, so that it
/// holds no read transaction open.
@safe struct PreparedStatement {
    private let handle: OpaquePointer
    private let subject: StaticString

    /// The statement for `sql`, compiled once per connection. `subject` names what it reads or writes, for errors.
    init(_ sql: String, on connection: Database, subject: StaticString) throws(StoreError) {
        do {
            unsafe handle = try connection.cachedStatement(sql: sql).sqliteStatement
            self.subject = subject
        } catch {
            throw StoreError(error, subject: "\(subject)")
        }
    }

    /// Binds a number to a parameter, counted from 1.
    func bind(_ number: Int64, at parameter: Int32) throws(StoreError) {
        try check(unsafe sqlite3_bind_int64(handle, parameter, number))
    }

    /// Runs the statement to its end, with `bytes` bound to a parameter without a copy.
    ///
    /// SQLite: `sqlite3_bind_blob64`
    func run(with bytes: [UInt8], at parameter: Int32) throws(StoreError) {
        try unsafe bytes.span.withUnsafeBytes { (raw: UnsafeRawBufferPointer) throws(StoreError) in
            // The pointer stays valid while the statement runs, and is unbound before this returns. An
            // empty array may have none, and a null pointer would bind NULL.
            if let base = raw.baseAddress, !bytes.isEmpty {
                try check(unsafe sqlite3_bind_blob64(handle, parameter, base, UInt64(bytes.count), nil))
            } else {
                try check(unsafe sqlite3_bind_zeroblob(handle, parameter, 0))
            }
            defer { unsafe sqlite3_clear_bindings(handle) }
            try run()
        }
    }

    /// Runs the statement to its end.
    func run() throws(StoreError) {
        defer { reset() }
        while try step() {}
    }

    /// Goes to the next row; false at the end.
    func step() throws(StoreError) -> Bool {
        switch unsafe sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code: throw failure(code)
        }
    }

    /// Gives the statement back, and with it the snapshot it reads.
    func reset() {
        unsafe sqlite3_reset(handle)
    }

    /// How many rows the last insert, update or delete on this connection changed.
    var changedRows: Int {
        Int(unsafe sqlite3_changes(sqlite3_db_handle(handle)))
    }

    /// The number in a column, counted from 0.
    func number(at column: Int32) -> Int64 {
        unsafe sqlite3_column_int64(handle, column)
    }

    /// The bytes in a column, counted from 0: one copy.
    ///
    /// - Throws: ``StoreError/damaged(what:)`` when the column holds anything but bytes.
    func bytes(at column: Int32) throws(StoreError) -> [UInt8] {
        guard unsafe sqlite3_column_type(handle, column) == SQLITE_BLOB else {
            throw .damaged(what: "\(subject): a row's body is not a string of bytes")
        }
        let start = unsafe sqlite3_column_blob(handle, column)
        let count = Int(unsafe sqlite3_column_bytes(handle, column))
        guard let start = unsafe start, count > 0 else { return [] }
        return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: count))
    }

    private func check(_ code: Int32) throws(StoreError) {
        guard code == SQLITE_OK else { throw failure(code) }
    }

    private func failure(_ code: Int32) -> StoreError {
        let connection = unsafe sqlite3_db_handle(handle)
        return StoreError(
            sqliteCode: code, systemError: unsafe sqlite3_system_errno(connection),
            message: unsafe String(cString: sqlite3_errmsg(connection)), subject: "\(subject)")
    }
}
