public import SecretMemory

/// Why the audit trail could not be opened, written, read or checked. No case holds a value or a key.
public enum AuditError: Error, Equatable {
    /// There is no room for another record. Nothing of it was left behind; the operation it stands for must fail.
    case full(path: String)
    /// Another process has this trail open.
    case inUse(path: String)
    /// A system call failed; `code` is its errno.
    case io(path: String, code: Int32)
    /// What is there is not this store's audit trail, or not fit to be one.
    case foreign(path: String, reason: String)
    /// The disk below the trail has not answered for a while, and others wait for it already.
    case stalled(path: String)
    /// The event has more text than a record may have.
    case tooLong(limitBytes: Int)
    /// A key could not be derived.
    case keys(SecretMemoryError)

    /// One sentence for a person, with what to do next.
    public var message: String {
        switch self {
        case .full(let path):
            "There is no room for another audit record in \(path), so the request is refused; "
                + "free space on that file system."
        case .inUse(let path):
            "The audit trail in \(path) is in use by another process; unmount that one first."
        case .io(let path, let code):
            "The audit trail could not be written or read: \(path): errno \(code); "
                + "check the disk and the permissions."
        case .stalled(let path):
            "The disk below the audit trail \(path) does not answer, so the request is refused; look at the disk."
        case .foreign(let path, let reason):
            "\(path) can't be used as the audit trail: \(reason)"
        case .tooLong(let limitBytes):
            "The event is longer than an audit record may be (\(limitBytes) bytes); shorten the request."
        case .keys(let error):
            "The audit trail's key could not be made: \(error)"
        }
    }
}

extension AuditError: CustomStringConvertible {
    public var description: String { message }
}
