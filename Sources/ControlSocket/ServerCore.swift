import CMicroHTTPD
import CofferCore
import Glibc

/// What libmicrohttpd's threads share: plain values, the handler, and the ledger with its own lock.
final class ServerCore: Sendable {
    let bodyLimit: Int
    let limits: ControlLimits
    let ledger: ConnectionLedger
    let handler: @Sendable (consuming ControlRequest) -> ControlResponse

    init(
        bodyLimit: Int, limits: ControlLimits,
        handler: @escaping @Sendable (consuming ControlRequest) -> ControlResponse
    ) throws(ControlSocketError) {
        self.bodyLimit = bodyLimit
        self.limits = limits
        self.handler = handler
        ledger = try ConnectionLedger(limits: limits, bodyLimit: bodyLimit)
    }

    /// A connection was accepted: who is it, and has its user room for one more?
    func open(socket: Int32) -> ConnectionContext? {
        guard let peer = Peer(of: socket) else {
            shutdown(socket, Int32(SHUT_RDWR))
            return nil
        }
        guard ledger.admitConnection(of: peer.caller.uid) else {
            // No request was read yet, so libmicrohttpd can't answer; the socket's empty buffer takes this at once.
            let answer =
                "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n"
                + "x-amzn-ErrorType: ThrottlingException\r\nConnection: close\r\n\r\n"
            var bytes = Array(answer.utf8)
            unsafe send(socket, &bytes, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
            shutdown(socket, Int32(SHUT_RDWR))
            return nil
        }
        return ConnectionContext(core: self, caller: peer.caller)
    }

    /// The head of a request is complete: its exchange, or why not.
    func begin(
        _ context: ConnectionContext, method: String, path: String, target: String?, declaredLength: String?
    ) throws(RefusedError) -> Exchange {
        guard path == "/" else { throw RefusedError(.wrongPath) }
        guard method == "POST" else { throw RefusedError(.wrongMethod) }
        guard let target else { throw RefusedError(.noTarget) }
        guard (1...256).contains(target.utf8.count), target.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw RefusedError(.badTarget)
        }
        // libmicrohttpd has answered an invalid length with 400 already; one beyond Int is too large anyway.
        let declared = declaredLength.map { Int($0) ?? Int.max }
        return try Exchange(core: self, caller: context.caller, target: target, declared: declared)
    }
}

/// One admitted connection, on the ledger's books as long as it lives.
final class ConnectionContext: Sendable {
    let caller: Caller
    private let core: ServerCore

    init(core: ServerCore, caller: Caller) {
        self.core = core
        self.caller = caller
    }

    deinit { core.ledger.dropConnection(of: caller.uid) }
}
