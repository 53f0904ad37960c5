import CMicroHTTPD
import SecretMemory

/// libmicrohttpd's side: pointers come in, values go on. The context pointer of every call is the `ServerCore`, which
/// `ControlServer` retains as long as a daemon can call.
enum ServerCallbacks {
    /// A connection began (in the accepting thread) or ended. libmicrohttpd: `MHD_NotifyConnectionCallback`
    static let connection: MHD_NotifyConnectionCallback = { context, connection, slot, code in
        guard let context = unsafe context, let slot = unsafe slot else { return }
        if code == .CONNECTION_NOTIFY_STARTED {
            let core = unsafe Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue()
            guard let opened = unsafe core.open(socket: coffer_connection_socket(connection)) else { return }
            unsafe slot.pointee = Unmanaged.passRetained(opened).toOpaque()
        } else if let opened = unsafe slot.pointee {
            unsafe slot.pointee = nil
            unsafe Unmanaged<ConnectionContext>.fromOpaque(opened).release()
        }
    }

    /// First without a body once the head is complete, then for each piece of the body, last without one again.
    /// libmicrohttpd: `MHD_AccessHandlerCallback`
    static let request: MHD_AccessHandlerCallback = {
        context, connection, url, method, _, upload, uploadCount, slot in
        guard let context = unsafe context, let uploadCount = unsafe uploadCount, let slot = unsafe slot
        else {
            return .NO
        }
        guard let state = unsafe slot.pointee else {
            guard let opened = unsafe coffer_connection_context(connection) else { return .NO }
            let core = unsafe Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue()
            do throws(RefusedError) {
                let exchange = try unsafe core.begin(
                    Unmanaged<ConnectionContext>.fromOpaque(opened).takeUnretainedValue(),
                    method: string(method), path: string(url),
                    target: header("X-Amz-Target", of: connection),
                    declaredLength: header("Content-Length", of: connection))
                unsafe slot.pointee = Unmanaged.passRetained(exchange).toOpaque()
                return .YES
            } catch {
                return unsafe queue(error.refusal.response(), on: connection)
            }
        }
        let exchange = unsafe Unmanaged<Exchange>.fromOpaque(state).takeUnretainedValue()
        let count = unsafe uploadCount.pointee
        guard count > 0 else { return unsafe queue(exchange.answer(), on: connection) }
        let goesOn = unsafe exchange.receive(UnsafeRawBufferPointer(start: upload, count: count))
        // The piece lies in the connection's own buffer, which stays for as long as the connection does.
        unsafe coffer_wipe(upload, count)
        unsafe uploadCount.pointee = 0
        return goesOn ? .YES : .NO
    }

    /// The answer is sent, or the connection broke. libmicrohttpd: `MHD_RequestCompletedCallback`
    static let completion: MHD_RequestCompletedCallback = { _, _, slot, _ in
        guard let slot = unsafe slot, let state = unsafe slot.pointee else { return }
        unsafe slot.pointee = nil
        unsafe Unmanaged<Exchange>.fromOpaque(state).release()
    }

    private static func header(_ name: String, of connection: OpaquePointer?) -> String? {
        guard let value = unsafe MHD_lookup_connection_value(connection, .HEADER_KIND, name) else {
            return nil
        }
        return unsafe String(cString: value)
    }

    private static func string(_ text: UnsafePointer<CChar>?) -> String {
        guard let text = unsafe text else { return "" }
        return unsafe String(cString: text)
    }

    /// Hands the answer over; `.NO` closes the connection without one.
    private static func queue(_ answer: consuming ControlResponse?, on connection: OpaquePointer?)
        -> MHD_Result
    {
        guard let answer else { return .NO }
        let status = UInt32(clamping: answer.status)
        let headers = [
            ("Content-Type", answer.contentType), ("x-amzn-ErrorType", answer.errorType ?? ""),
            ("Connection", "close"),
        ]
        let outgoing = OutgoingBody(answer.body)
        guard let response = unsafe outgoing.makeResponse() else { return .NO }
        defer { unsafe MHD_destroy_response(response) }
        for (name, value) in headers where !value.isEmpty {
            // A header with a line break in it is refused by libmicrohttpd: better no answer than half of one.
            guard unsafe MHD_add_response_header(response, name, value) == .YES else { return .NO }
        }
        return unsafe MHD_queue_response(connection, status, response)
    }
}
