import Foundation

/// A connection to a helper process that speaks in lines. What doesn't answer in a time that only a fault exceeds has failed.
final class LineConnection {
    static let limitMilliseconds: Int32 = 60_000
    private var descriptor: Int32
    private var waiting = Data()

    init(abstract name: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // An abstract name begins with a zero byte and ends with the address's length.
        let bytes = [0] + Array(name.utf8)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { path in
            unsafe path.copyBytes(from: bytes)
        }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, length)
            }
        }
        guard result == 0 else { throw AgentFailure(what: "can't be reached") }
    }

    deinit { close() }

    func close() {
        guard descriptor >= 0 else { return }
        _ = Foundation.close(descriptor)
        descriptor = -1
    }

    func send(_ line: Data) throws {
        var rest = line + Data("\n".utf8)
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { bytes in
                unsafe Foundation.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw AgentFailure(what: "has gone") }
            rest = rest.dropFirst(count)
        }
    }

    func receive() throws -> Data {
        try Self.line(from: descriptor, &waiting)
    }

    static func line(from descriptor: Int32) throws -> Data {
        var none = Data()
        return try line(from: descriptor, &none)
    }

    private static func line(from descriptor: Int32, _ waiting: inout Data) throws -> Data {
        while true {
            if let end = waiting.firstIndex(of: 10) {
                let line = Data(waiting[..<end])
                waiting = Data(waiting[(end + 1)...])
                return line
            }
            var question = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&question, 1, limitMilliseconds) == 1 else {
                throw AgentFailure(what: "does not answer: a call hangs")
            }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = unsafe Foundation.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { throw AgentFailure(what: "ended") }
            waiting.append(contentsOf: buffer[..<count])
        }
    }
}
