import SecretMemory

/// Reads one HTTP/1.1 response. The head is received into guarded memory too: the body's beginning comes with it.
struct ReplyReader: ~Copyable {
    private static let headLimit = 16 << 10

    private let connection: ClientConnection
    private let replyLimit: Int
    /// Received bytes are at `start..<end`.
    private var buffer: SecretBytes
    private var start = 0
    private var end = 0

    init(_ connection: consuming ClientConnection, replyLimit: Int) throws(ControlSocketError) {
        self.connection = connection
        self.replyLimit = replyLimit
        buffer = try Self.guarded(Self.headLimit)
    }

    /// Reads the whole response; interim ones (1xx) are skipped.
    mutating func read() throws(ControlSocketError) -> ControlReply {
        var head = try readHead()
        while (100...199).contains(head.status) {
            guard head.status != 101 else { throw .protocolViolation("it switched to another protocol") }
            head = try readHead()
        }
        let body = try readBody(head)
        return ControlReply(status: head.status, errorType: head.errorType, body: body)
    }

    private mutating func readHead() throws(ControlSocketError) -> ReplyHead {
        var searched = start
        while true {
            let range = start..<end
            let from = searched
            let length = buffer.withBytes { ReplyHead.length(in: $0, range, from: from) }
            if let length {
                let head = try buffer.withBytes { (bytes) throws(ControlSocketError) in
                    try ReplyHead(parsing: bytes, range.lowerBound..<range.lowerBound + length)
                }
                start += length
                return head
            }
            guard end < buffer.count else { throw .protocolViolation("the head of its answer does not end") }
            // The end of the head may lie across two pieces.
            searched = max(start, end - 3)
            let got = try connection.receive(into: &buffer, from: end)
            guard got > 0 else {
                throw .protocolViolation(
                    end == 0 ? "it closed without an answer" : "it broke off in the head")
            }
            end += got
        }
    }

    private mutating func readBody(_ head: ReplyHead) throws(ControlSocketError) -> SecretBytes {
        if head.status == 204 || head.status == 304 { return try Self.guarded(0) }
        guard let length = head.contentLength else { return try readToEnd() }
        guard length <= replyLimit else { throw .bodyTooLarge(limit: replyLimit) }
        guard end - start <= length else { throw .protocolViolation("it sent more than it had announced") }
        var body = try Self.guarded(length)
        try takeSurplus(into: &body)
        var filled = end - start
        while filled < length {
            let got = try connection.receive(into: &body, from: filled)
            guard got > 0 else { throw .protocolViolation("it broke off in the body") }
            filled += got
        }
        return body
    }

    /// Reads a body that ends with the connection.
    private mutating func readToEnd() throws(ControlSocketError) -> SecretBytes {
        var filled = end - start
        var body = try Self.guarded(max(filled, Self.headLimit))
        try takeSurplus(into: &body)
        while true {
            if filled == body.count {
                guard filled <= replyLimit else { throw .bodyTooLarge(limit: replyLimit) }
                try Self.resize(&body, to: filled * 2)
            }
            let got = try connection.receive(into: &body, from: filled)
            filled += got
            if got == 0 { break }
        }
        guard filled <= replyLimit else { throw .bodyTooLarge(limit: replyLimit) }
        try Self.resize(&body, to: filled)
        return body
    }

    /// Copies what was received beyond the head to the beginning of `body`.
    private borrowing func takeSurplus(into body: inout SecretBytes) throws(ControlSocketError) {
        let surplus = start..<end
        do throws(SecretMemoryError) {
            try unsafe buffer.withUnsafeBytes { (raw) throws(SecretMemoryError) in
                try unsafe body.write(UnsafeRawBufferPointer(rebasing: raw[surplus]), at: 0)
            }
        } catch {
            throw .memory(error)
        }
    }

    private static func guarded(_ count: Int) throws(ControlSocketError) -> SecretBytes {
        do throws(SecretMemoryError) {
            return try SecretBytes(zeroedCount: count)
        } catch {
            throw .memory(error)
        }
    }

    private static func resize(_ bytes: inout SecretBytes, to count: Int) throws(ControlSocketError) {
        do throws(SecretMemoryError) {
            try bytes.resize(to: count)
        } catch {
            throw .memory(error)
        }
    }
}
