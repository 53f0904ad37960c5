import Glibc
public import SecretMemory

/// What can go wrong on either side of the control socket. No case holds secret bytes.
public enum ControlSocketError: Error, Equatable {
    /// Nothing exists at `path`.
    case noSocket(path: String)
    /// A socket file is there and nobody listens to it.
    case refused(path: String)
    /// The file permissions keep this user out.
    case permission(path: String)
    /// The path does not fit into a socket address; `limit` is in bytes.
    case pathTooLong(path: String, limit: Int)
    /// Another live daemon serves this path.
    case inUse(path: String)
    /// Something that is no socket stands at `path`.
    case notASocket(path: String)
    /// Others could put a socket of their own in the place of this one.
    case unsafeDirectory(path: String, reason: String)
    /// The peer sent something that is no valid HTTP/1.1 message, or broke off in the middle.
    case protocolViolation(String)
    /// Nothing came within the time limit.
    case timedOut
    /// A body is longer than `limit` bytes.
    case bodyTooLarge(limit: Int)
    /// Guarded memory for a body could not be had.
    case memory(SecretMemoryError)
    /// The HTTP server could not start its threads.
    case serverNotStarted
    /// A system call failed with this errno.
    case io(code: Int32)
}

extension ControlSocketError: CustomStringConvertible {
    /// One sentence for a person, with what to do next.
    public var message: String {
        switch self {
        case .noSocket(let path):
            "There is no control socket at \(path): no store is mounted there. Start one with `coffer mount`, "
                + "or name its socket with --socket or COFFER_SOCKET."
        case .refused(let path):
            "Nobody answers at \(path): the daemon that made this socket is gone. Mount the store again."
        case .permission(let path):
            "You may not use the control socket \(path); run the command as a user who may, "
                + "or check the permissions of the socket and of the directories above it."
        case .pathTooLong(let path, let limit):
            "The socket path \(path) is longer than the \(limit) bytes that the kernel allows; choose a shorter one."
        case .inUse(let path):
            "Another daemon serves the control socket \(path); unmount its store first, "
                + "or give this one a path of its own with --socket."
        case .notASocket(let path):
            "The file at \(path) is no socket, and is left alone; move it away or choose another path with --socket."
        case .unsafeDirectory(let path, let reason):
            "The control socket can't lie in \(path): \(reason). Someone else could take its place; "
                + "use a directory that only root or you can write to."
        case .protocolViolation(let what):
            "The other side of the control socket does not speak as agreed (\(what)); "
                + "check that the path belongs to a Coffer daemon of this version."
        case .timedOut:
            "The other side of the control socket did not answer in time, as where a disk stands still; "
                + "look at the daemon's log, and try again."
        case .bodyTooLarge(let limit):
            "The message is longer than the \(limit) bytes that the control socket carries; send a smaller value."
        case .memory(let error):
            error.description
        case .serverNotStarted:
            "The control socket's threads could not be started; "
                + "check the limits on threads and memory of this process."
        case .io(let code):
            "The control socket failed: \(unsafe String(cString: strerror(code))) (errno \(code)); try again."
        }
    }

    public var description: String { message }
}
