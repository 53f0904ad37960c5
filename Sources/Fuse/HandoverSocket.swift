import CFuse
import Glibc

/// One end of a pair of sockets between two processes of ours: messages, and descriptors with them. Source: unix(7), SCM_RIGHTS
public struct HandoverSocket: Sendable {
    public let descriptor: Int32

    /// Takes a descriptor that was inherited.
    public init(descriptor: Int32) { self.descriptor = descriptor }

    /// Makes both ends.
    public static func pair() throws(Errno) -> (HandoverSocket, HandoverSocket) {
        var ends: [Int32] = [0, 0]
        guard
            unsafe socketpair(
                AF_UNIX, Int32(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0
        else { throw .current }
        return (HandoverSocket(descriptor: ends[0]), HandoverSocket(descriptor: ends[1]))
    }

    /// Sends one message, with up to four descriptors, which the receiver gets copies of. It never waits.
    ///
    /// False where the other end has gone, or takes nothing any more.
    @discardableResult
    public func send(_ bytes: UnsafeRawBufferPointer, descriptors: [Int32] = []) -> Bool {
        precondition(descriptors.count <= 4, "four descriptors at most go with a message")
        return unsafe coffer_send(
            descriptor, bytes.baseAddress, bytes.count, descriptors, descriptors.count) == bytes.count
    }

    /// Waits for a message: how many bytes it has, 0 where the other end has gone, and the descriptors that came with it.
    public func receive(_ buffer: UnsafeMutableRawBufferPointer) -> (count: Int, descriptors: [Int32]) {
        var descriptors: [Int32] = [0, 0, 0, 0]
        var number = 0
        while true {
            let count = unsafe coffer_receive(
                descriptor, buffer.baseAddress, buffer.count, &descriptors, &number)
            if count < 0, errno == EINTR { continue }
            return (max(count, 0), Array(descriptors[..<number]))
        }
    }

    public func close() { _ = Glibc.close(descriptor) }
}
