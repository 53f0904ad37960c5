import Glibc
public import SecretMemory

/// Calls the daemon: one connection a call, blocking, bodies in guarded memory only.
public struct ControlClient: Sendable {
    /// The path of the daemon's socket.
    public let socketPath: String
    /// Seconds without progress after which a call ends with `timedOut`.
    public let timeoutSeconds: Int
    /// Bytes of the longest reply body that is accepted.
    public let replyLimit: Int

    /// Makes a client; nothing is opened until a call.
    public init(socketPath: String, timeoutSeconds: Int = 120, replyLimit: Int = 256 << 20) {
        self.socketPath = socketPath
        self.timeoutSeconds = timeoutSeconds
        self.replyLimit = replyLimit
    }

    /// Sends one request and returns the answer, whatever its status.
    ///
    /// - Parameters:
    ///   - target: The operation, for the header `X-Amz-Target`: visible ASCII characters.
    ///   - body: The message, JSON.
    /// - Throws: `noSocket`, `refused`, `permission`, `pathTooLong`, `protocolViolation`, `timedOut`,
    ///   `bodyTooLarge` (of the reply), `memory`, `io`.
    public func call(target: String, body: borrowing SecretBytes) throws(ControlSocketError) -> ControlReply {
        guard !target.isEmpty, target.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .protocolViolation("the operation's name holds a character that no header can carry")
        }
        let connection = try ClientConnection(path: socketPath, timeoutSeconds: timeoutSeconds)
        let head =
            "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: \(target)\r\n"
            + "Content-Type: \(ControlResponse.jsonContentType)\r\nContent-Length: \(body.count)\r\n"
            + "Connection: close\r\n\r\n"
        let isSent = try connection.send(head: head, body: body)
        do throws(ControlSocketError) {
            var reader = try ReplyReader(connection, replyLimit: replyLimit)
            return try reader.read()
        } catch {
            // The server may refuse a body before it has come, and close; only without that answer is it a failure.
            if !isSent, case .protocolViolation = error { throw .io(code: EPIPE) }
            throw error
        }
    }
}
