import GRDB
internal import GRDBSQLite
import Glibc

extension StoreError {
    /// The error for a result code of SQLite's.
    ///
    /// - Parameters:
    ///   - code: The extended result code.
    ///   - systemError: The errno behind it, or 0 where it isn't known.
    ///   - message: SQLite's own words.
    ///   - subject: The part of the store that was read or written, such as "table record".
    init(sqliteCode code: Int32, systemError: Int32, message: String, subject: String) {
        switch (code & 0xFF, code, systemError) {
        case (SQLITE_FULL, _, _),
            // The file that coordinates connections can't grow.
            (_, ResultCode.SQLITE_IOERR_SHMSIZE.rawValue, _),
            (SQLITE_IOERR, _, ENOSPC), (SQLITE_IOERR, _, EDQUOT), (SQLITE_IOERR, _, EFBIG),
            (SQLITE_CANTOPEN, _, ENOSPC), (SQLITE_CANTOPEN, _, EDQUOT):
            self = .full
        case (SQLITE_CORRUPT, _, _), (SQLITE_NOTADB, _, _), (SQLITE_FORMAT, _, _), (SQLITE_MISMATCH, _, _),
            (_, ResultCode.SQLITE_IOERR_SHORT_READ.rawValue, _),
            (_, ResultCode.SQLITE_IOERR_CORRUPTFS.rawValue, _):
            self = .damaged(what: "\(subject): \(message)")
        case (SQLITE_READONLY, _, _), (SQLITE_CANTOPEN, _, EROFS):
            self = .readOnly
        case (SQLITE_BUSY, _, _), (SQLITE_LOCKED, _, _), (SQLITE_PROTOCOL, _, _):
            self = .busy
        case (SQLITE_PERM, _, _), (SQLITE_AUTH, _, _), (_, _, EACCES), (_, _, EPERM):
            self = .permissionDenied(path: subject)
        default:
            let reason = systemError == 0 ? "" : ", errno \(systemError)"
            self = .io("\(subject): \(message) (SQLite code \(code)\(reason))")
        }
    }

    /// The error for anything thrown by a block that ran on a connection.
    init(_ error: any Error, subject: String) {
        switch error {
        case let error as StoreError:
            self = error
        case let error as DatabaseError:
            self.init(
                sqliteCode: error.extendedResultCode.rawValue, systemError: 0,
                message: error.message ?? "no further message", subject: subject)
        default:
            self = .io("\(subject): \(error)")
        }
    }
}
