internal import Fuse
internal import Glibc
internal import SecretMemory

/// Answers for a mount that nobody serves: whoever calls gets EIO, at once.
@safe
struct LastResort {
    /// What programs write passes through it, so it is guarded memory. It is kept for as long as the process lives.
    private let buffer: UnsafeMutableRawBufferPointer

    /// Nil where no guarded memory is left.
    init?() {
        let size = HeldMount.requestLimit
        guard let pages = try? unsafe LockedPages.allocate(byteCount: size) else { return nil }
        unsafe buffer = UnsafeMutableRawBufferPointer(start: pages, count: size)
    }

    /// Fails what waits, but not more than a hundred calls at once: there are others to be heard.
    func failRequests(of mount: HeldMount, _ journal: TakeoverJournal) {
        for _ in 0..<100 where unsafe !mount.failOne(using: buffer, journal: journal) { return }
    }

    /// Answers one command that waits at the control socket, whatever it asks.
    static func refuseCommand(at socket: Int32) {
        let connection = accept(socket, nil, nil)
        guard connection >= 0 else { return }
        defer { close(connection) }
        let body =
            #"{"__type":"InternalServiceError","message":"nobody serves the mount just now: the process that did can't end, or none can open the store; see the log"}"#
        let answer =
            "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
        // MSG_DONTWAIT, which Glibc's module doesn't show.
        let flags = Int32(MSG_NOSIGNAL) | 0x40
        _ = unsafe send(connection, answer, answer.utf8.count, flags)
    }
}
