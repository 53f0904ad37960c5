import Glibc
import SecretMemory

/// A connected socket of a client, with a time limit on every system call. Closed at the end of its life.
struct ClientConnection: ~Copyable {
    private let descriptor: Int32

    /// Connects. Throws `noSocket`, `refused`, `permission`, `pathTooLong`, `timedOut`, `io`. System call: `connect`
    init(path: String, timeoutSeconds: Int) throws(ControlSocketError) {
        descriptor = try Self.connected(to: path, timeoutSeconds: timeoutSeconds)
    }

    deinit { close(descriptor) }

    private static func connected(to path: String, timeoutSeconds: Int) throws(ControlSocketError) -> Int32 {
        let address = try SocketAddress(path: path)
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .io(code: errno) }
        var isConnected = false
        defer { if !isConnected { close(descriptor) } }
        var limit = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        // The send limit covers connect too, which waits while the server's queue is full.
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            guard unsafe setsockopt(descriptor, SOL_SOCKET, option, &limit, size) == 0 else {
                throw .io(code: errno)
            }
        }
        while address.connect(descriptor) != 0 {
            switch errno {
            case EINTR: continue
            case ENOENT, ENOTDIR: throw .noSocket(path: path)
            case ECONNREFUSED: throw .refused(path: path)
            case EACCES, EPERM: throw .permission(path: path)
            case EAGAIN: throw .timedOut
            default: throw .io(code: errno)
            }
        }
        isConnected = true
        return descriptor
    }

    /// Sends the head and, straight from guarded memory, the body. False when the server stopped listening: it may
    /// have answered all the same. Throws `timedOut`, `io`. System call: `sendmsg`
    borrowing func send(head: String, body: borrowing SecretBytes) throws(ControlSocketError) -> Bool {
        var headBytes = Array(head.utf8)
        let total = headBytes.count + body.count
        var sent = 0
        while sent < total {
            let result = unsafe headBytes.withUnsafeMutableBytes { head in
                unsafe body.withUnsafeBytes { body in
                    unsafe sendPieces(head, UnsafeMutableRawBufferPointer(mutating: body), from: sent)
                }
            }
            if result >= 0 {
                sent += result
                continue
            }
            switch errno {
            case EINTR: continue
            case EPIPE, ECONNRESET: return false
            case EAGAIN: throw .timedOut
            default: throw .io(code: errno)
            }
        }
        return true
    }

    /// `sendmsg` and not `writev`: it can be told to send no SIGPIPE.
    private borrowing func sendPieces(
        _ head: UnsafeMutableRawBufferPointer, _ body: UnsafeMutableRawBufferPointer, from offset: Int
    ) -> Int {
        let headRest = unsafe UnsafeMutableRawBufferPointer(rebasing: head.dropFirst(offset))
        let bodyRest = unsafe UnsafeMutableRawBufferPointer(
            rebasing: body.dropFirst(max(0, offset - head.count)))
        var pieces = unsafe [
            iovec(iov_base: headRest.baseAddress, iov_len: headRest.count),
            iovec(iov_base: bodyRest.baseAddress, iov_len: bodyRest.count),
        ]
        return unsafe pieces.withUnsafeMutableBufferPointer { pieces in
            var message = unsafe msghdr()
            unsafe message.msg_iov = pieces.baseAddress
            unsafe message.msg_iovlen = pieces.count
            return unsafe sendmsg(descriptor, &message, Int32(MSG_NOSIGNAL))
        }
    }

    /// Receives into `bytes` from `offset` on, at most to its count. 0 at the end. Throws `timedOut`, `io`.
    /// System call: `recv`
    borrowing func receive(
        into bytes: inout SecretBytes, from offset: Int
    ) throws(ControlSocketError) -> Int {
        while true {
            let got = unsafe bytes.withUnsafeMutableBytes { raw in
                unsafe recv(descriptor, raw.baseAddress! + offset, raw.count - offset, 0)
            }
            if got >= 0 { return got }
            switch errno {
            case EINTR: continue
            // The server closed with bytes of ours unread; everything that it had sent was received before this.
            case ECONNRESET: return 0
            case EAGAIN: throw .timedOut
            default: throw .io(code: errno)
            }
        }
    }
}
