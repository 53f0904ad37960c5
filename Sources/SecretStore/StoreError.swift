/// Why a store could not do what it was asked. It names files and records, never their contents.
public enum StoreError: Error, Sendable, Hashable {
    /// Another process has the store open; its process number where that could be found out.
    case locked(byPID: Int32?)
    /// There is nothing at this path.
    case missing(path: String)
    /// A store was to be created where one already is.
    case alreadyExists(path: String)
    /// A store was to be created in a directory that holds other things.
    case notEmpty(path: String)
    /// What lies at the path is not a store of Coffer's.
    case notAStore(path: String, reason: String)
    /// The store was written by a newer Coffer.
    case newerFormat(found: Int, supported: Int)
    /// The store was written by an older Coffer, and can't be migrated because it is opened read-only.
    case olderFormat(found: Int, supported: Int)
    /// The file's structure is broken: which part.
    case damaged(what: String)
    /// A record's revision was not the expected one; 0 stands for "does not exist". Nothing was changed.
    case conflict(RecordID, expected: UInt64, found: UInt64)
    /// The disk, quota or size limit is used up. Nothing was changed.
    case full
    /// The store, or the file system under it, can't be written to.
    case readOnly
    /// Another program (a backup, an SQL shell) kept the database file locked for too long. Nothing was changed.
    case busy
    /// The operating system refuses access to this path.
    case permissionDenied(path: String)
    /// The store was closed.
    case closed
    /// Anything else that reading or writing can meet, in the operating system's or SQLite's words.
    case io(String)
}

extension StoreError: CustomStringConvertible {
    /// What is wrong and what to do next, in plain English.
    public var description: String {
        switch self {
        case .locked(let pid?):
            "the store is in use by process \(pid): use that one, or stop it first"
        case .locked(nil):
            "the store is in use by another process: stop it first"
        case .missing(let path):
            "there is no \(path): check the path, or make a store there with `coffer init`"
        case .alreadyExists(let path):
            "\(path) is a store already: choose another directory"
        case .notEmpty(let path):
            "\(path) is not empty: choose a new or an empty directory"
        case .notAStore(let path, let reason):
            "\(path) is not a store: \(reason)"
        case .newerFormat(let found, let supported):
            "the store has format \(found), and this program knows up to \(supported): use a newer coffer"
        case .olderFormat(let found, let supported):
            "the store has the older format \(found), not \(supported): open it for writing once, to migrate it"
        case .damaged(let what):
            "the store is damaged: \(what); run `coffer doctor`, and restore from a backup"
        case .conflict(let id, let expected, let found):
            "record \(id.kind) \(id.number) has revision \(found), not \(expected): read it again and retry"
        case .full:
            "no space is left for the store: free some space and try again; nothing was changed"
        case .readOnly:
            "the store is read-only: open it for writing on a file system that can be written to"
        case .busy:
            "another program keeps the store's database locked: end it and try again"
        case .permissionDenied(let path):
            "access to \(path) is refused: run as the store's owner"
        case .closed:
            "the store has been closed: open it again"
        case .io(let message):
            "the store can't be read or written: \(message); look into the system's log for disk errors"
        }
    }
}
