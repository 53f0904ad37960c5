import CFuse
import Glibc

/// Table of callbacks that libfuse calls for each request, on the thread that handed the request to it.
///
/// They can't capture anything: the connection comes out of libfuse's user data. Each makes the typed reply and
/// calls the file system. Operations that aren't here are answered by libfuse: see `FileSystem`.
enum Operations {
    static var table: fuse_lowlevel_ops {
        var table = fuse_lowlevel_ops()
        addSession(&table)
        addNodes(&table)
        addNames(&table)
        addFiles(&table)
        addDirectories(&table)
        addExtendedAttributes(&table)
        return table
    }

    /// Request, the connection that it came by, and the duty to answer it.
    struct Call: ~Copyable {
        let request: Request
        let fileSystem: any FileSystem
        let connection: Connection
        let pending: PendingRequest

        @inline(__always)
        init(_ raw: OpaquePointer?) {
            let raw = unsafe raw!
            let connection = unsafe Unmanaged<Connection>.fromOpaque(fuse_req_userdata(raw))
            self.request = unsafe Request(raw)
            let owner = unsafe connection.takeUnretainedValue()
            self.fileSystem = owner.fileSystem
            self.connection = owner
            self.pending = unsafe PendingRequest(raw, of: owner)
        }
    }

    /// Text of a name, nil if it isn't valid UTF-8.
    @inline(__always)
    static func text(_ name: UnsafePointer<CChar>?) -> String? {
        guard let name = unsafe name else { return nil }
        return unsafe String(validatingCString: name)
    }

    private static func addSession(_ table: inout fuse_lowlevel_ops) {
        unsafe table.`init` = { userdata, information in
            guard let userdata = unsafe userdata, let information = unsafe information else { return }
            let options = unsafe Unmanaged<Connection>.fromOpaque(userdata)._withUnsafeGuaranteedRef {
                $0.options
            }
            // Everything else is off: no splice in any direction, since what passes through a pipe can't be wiped;
            // no delayed writes; no handling of set-user-ID bits, of which there are none; no readdirplus.
            let wanted =
                UInt32(FUSE_CAP_ATOMIC_O_TRUNC) | UInt32(FUSE_CAP_ASYNC_READ)
                | UInt32(FUSE_CAP_AUTO_INVAL_DATA)
            unsafe information.pointee.want = wanted & information.pointee.capable
            unsafe information.pointee.max_write = UInt32(options.effectiveMaxWrite)
            unsafe information.pointee.max_read = UInt32(options.maxRead)
        }
        unsafe table.statfs = { raw, node in
            let call = unsafe Call(raw)
            call.fileSystem.statfs(
                call.request, node: InodeNumber(rawValue: node), reply: StatisticsReply(pending: call.pending)
            )
        }
    }
}
