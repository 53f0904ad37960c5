import CFuse
import Glibc

/// A request that the kernel waits for, to be answered once.
///
/// Answering uses it up, so that a second answer doesn't compile; one that is dropped answers `EIO`.
/// It keeps the connection alive, because libfuse's request points into its session.
///
/// Unchecked because of the pointer: libfuse lets a request be answered from any thread, and only one can own this.
@safe
struct PendingRequest: ~Copyable, @unchecked Sendable {
    private let request: OpaquePointer
    private let connection: Unmanaged<Connection>

    init(_ request: OpaquePointer, of connection: Connection) {
        unsafe self.request = request
        unsafe self.connection = Unmanaged.passRetained(connection)
    }

    deinit {
        _ = unsafe fuse_reply_err(request, EIO)
        unsafe connection.release()
    }

    /// Sends the answer by `send`; false if the kernel no longer waits for it.
    @discardableResult
    @inline(__always)
    consuming func answer(_ send: (OpaquePointer) -> Int32) -> Bool {
        let result = unsafe send(request)
        unsafe connection.release()
        discard self
        return result == 0
    }

    /// Answers with an error.
    consuming func fail(_ errno: Errno) {
        unsafe answer { unsafe fuse_reply_err($0, errno.rawValue) }
    }

    /// Buffers that listings are put together in.
    var listingBuffers: ListingBuffers { unsafe connection._withUnsafeGuaranteedRef { $0.listingBuffers } }

    /// Appends one name to a listing; the number of bytes it takes, more than `space` if it did not fit.
    func addEntry(
        _ name: UnsafePointer<CChar>, _ attributes: inout stat, _ nextOffset: Int64,
        to space: UnsafeMutableRawBufferPointer
    ) -> Int {
        unsafe fuse_add_direntry(
            request, space.baseAddress?.assumingMemoryBound(to: CChar.self), space.count, name, &attributes,
            Int(nextOffset))
    }
}
