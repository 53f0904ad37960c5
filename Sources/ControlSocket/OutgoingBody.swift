import CMicroHTTPD
import SecretMemory

/// A body that libmicrohttpd sends from where it lies: in guarded memory, wiped when the last reference goes.
final class OutgoingBody {
    private let bytes: SecretBytes

    init(_ bytes: consuming SecretBytes) { self.bytes = bytes }

    /// Makes a response that keeps this object until it has been sent; nil when there is no memory for one.
    /// libmicrohttpd: `MHD_create_response_from_buffer_with_free_callback_cls`
    func makeResponse() -> OpaquePointer? {
        let retained = unsafe Unmanaged.passRetained(self)
        // The address outlives the closure: the bytes are never changed, and so stay in one place until `deinit`,
        // which the callback below allows at the earliest.
        let response = unsafe bytes.withUnsafeBytes { raw in
            unsafe MHD_create_response_from_buffer_with_free_callback_cls(
                raw.count, UnsafeMutableRawPointer(mutating: raw.baseAddress),
                { context in
                    if let context = unsafe context {
                        unsafe Unmanaged<OutgoingBody>.fromOpaque(context).release()
                    }
                },
                retained.toOpaque())
        }
        if unsafe response == nil { unsafe retained.release() }
        return unsafe response
    }
}
