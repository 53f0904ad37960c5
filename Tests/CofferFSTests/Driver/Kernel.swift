import Foundation
import Fuse
import Glibc

/// The kernel's side of a FUSE connection, played by the test: requests go in at one end of a socket pair and through
/// the real session, and the answers come back. It keeps nothing: each name is asked for each time.
final class Kernel {
    /// Who makes a request: `struct fuse_in_header`.
    struct Identity {
        var uid: UInt32 = 0
        var gid: UInt32 = 0
        var pid: Int32 = 0
    }

    /// What the file system told without being asked: the code of `enum fuse_notify_code`, and the message's body.
    private(set) var notices: [(code: Int32, body: [UInt8])] = []
    /// The size of each file, as the kernel last heard of it or made it by writing.
    var sizes: [UInt64: Int] = [:]

    private let descriptor: Int32
    private var unique: UInt64 = 0
    private var buffer = [UInt8](repeating: 0, count: 1 << 20)

    /// Attaches to a session, and makes the first request, which says what either side can do.
    init(_ session: Session) throws {
        var ends: [Int32] = [0, 0]
        let type = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard unsafe socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw AgentFailure(what: "no sockets") }
        descriptor = ends[0]
        try session.attach(to: ends[1])
    }

    /// Asks for INIT; the session must be running.
    func start() throws {
        var body = Message()
        // Version 7.38; every flag but those of extensions; 16 words in all.
        let (major, minor, readahead, flags): (UInt32, UInt32, UInt32, UInt32) = (7, 38, 131_072, 0x01ff_ffff)
        body.add(major, minor, readahead, flags)
        for _ in 0..<12 { body.add(0 as UInt32) }
        var answer = MessageReader(try ask(.initialize, 0, Identity(), body))
        guard answer.u32() == 7 else { throw AgentFailure(what: "speaks another protocol") }
    }

    deinit { close(descriptor) }

    /// Makes a request and waits for its answer; throws the errno that it carries.
    func ask(_ opcode: Opcode, _ node: UInt64, _ identity: Identity, _ body: Message = Message()) throws
        -> [UInt8]
    {
        unique += 2
        var message = Message()
        message.add(UInt32(40 + body.bytes.count), opcode.rawValue)
        message.add(unique, node)
        message.add(identity.uid, identity.gid, UInt32(bitPattern: identity.pid), 0)
        message.add(body.bytes)
        let bytes = message.bytes
        guard unsafe send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw AgentFailure(what: "takes no request: errno \(Glibc.errno)")
        }
        while true {
            let answer = try receive()
            if answer.unique == unique {
                guard answer.error == 0 else { throw Errno(rawValue: -answer.error) }
                return answer.body
            }
            guard answer.unique == 0 else { throw AgentFailure(what: "answered what nobody asked") }
            notices.append((answer.error, answer.body))
        }
    }

    private func receive() throws -> (unique: UInt64, error: Int32, body: [UInt8]) {
        var question = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&question, 1, LineConnection.limitMilliseconds) == 1 else {
            throw AgentFailure(what: "does not answer a request")
        }
        let count = unsafe read(descriptor, &buffer, buffer.count)
        guard count >= 16 else { throw AgentFailure(what: "ended the connection") }
        var header = MessageReader(Array(buffer[..<16]))
        guard header.u32() == UInt32(count) else { throw AgentFailure(what: "tells a wrong length") }
        let error = Int32(bitPattern: header.u32())
        return (header.u64(), error, Array(buffer[16..<count]))
    }

    /// LOOKUP: the node of a name and its attributes.
    func lookup(_ name: String, in parent: UInt64, _ identity: Identity) throws -> (UInt64, Status) {
        var body = Message()
        body.add(name: name)
        return try entry(try ask(.lookup, parent, identity, body))
    }

    /// The answer to whatever makes or finds a name: `struct fuse_entry_out`.
    func entry(_ answer: [UInt8]) throws -> (UInt64, Status) {
        var reader = MessageReader(answer)
        let node = reader.u64()
        guard node != 0 else { throw Errno.noSuchFileOrDirectory }
        reader.skip(32)
        let status = reader.attributes()
        sizes[node] = status.size
        return (node, status)
    }

    /// GETATTR, without a handle, as fstat asks too.
    func attributes(_ node: UInt64, _ identity: Identity) throws -> Status {
        var body = Message()
        body.add(0 as UInt64, 0)
        return try attributes(of: node, in: try ask(.getattr, node, identity, body))
    }

    /// `struct fuse_attr_out`.
    func attributes(of node: UInt64, in answer: [UInt8]) throws -> Status {
        var reader = MessageReader(answer)
        reader.skip(16)
        let status = reader.attributes()
        sizes[node] = status.size
        return status
    }
}
