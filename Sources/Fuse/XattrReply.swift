import CFuse
import Glibc

/// Answer to a `getxattr` or `listxattr`. Dropped without an answer, it answers `EIO`.
public struct XattrReply: ~Copyable, Sendable {
    let pending: PendingRequest
    /// Size of the caller's buffer, in bytes; 0 if it only asks how many bytes there are.
    let size: Int

    /// Answers with a value: its size alone if that was the question, `ERANGE` if it is bigger than the caller's buffer.
    public consuming func succeed(_ value: UnsafeRawBufferPointer) {
        let size = size
        guard size == 0 || value.count <= size else { return pending.fail(.resultTooLarge) }
        unsafe pending.answer { unsafe XattrReply.send(value, to: $0, asked: size) }
    }

    /// Answers a `listxattr` with the attributes' names.
    public consuming func succeed(names: [String]) {
        var list: [UInt8] = []
        for name in names {
            list.append(contentsOf: name.utf8)
            list.append(0)
        }
        let size = size
        guard size == 0 || list.count <= size else { return pending.fail(.resultTooLarge) }
        unsafe pending.answer { request in
            unsafe list.withUnsafeBytes { unsafe XattrReply.send($0, to: request, asked: size) }
        }
    }

    private static func send(_ value: UnsafeRawBufferPointer, to request: OpaquePointer, asked: Int) -> Int32
    {
        guard asked > 0 else { return unsafe fuse_reply_xattr(request, value.count) }
        return unsafe fuse_reply_buf(
            request, value.baseAddress?.assumingMemoryBound(to: CChar.self), value.count)
    }

    /// Answers with an error.
    public consuming func fail(_ errno: Errno) {
        pending.fail(errno)
    }
}
