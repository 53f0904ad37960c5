import Foundation
import Glibc

/// A client without manners: sends and receives bytes as they are.
final class RawConnection: Sendable {
    private let descriptor: Int32

    init(_ path: String) {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        connectUnix(descriptor, path)
    }

    deinit { close(descriptor) }

    /// Sends what the other side takes.
    func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = unsafe rest.withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return }
            rest = rest.dropFirst(sent)
        }
    }

    func send(_ text: String) { send(Array(text.utf8)) }

    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Receives at most `limit` bytes, or all to the end.
    func receive(limit: Int = .max) -> [UInt8] {
        var all: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: min(limit, 65_536))
        while all.count < limit {
            let got = unsafe recv(descriptor, &piece, min(piece.count, limit - all.count), 0)
            guard got > 0 else { break }
            all += piece[..<got]
        }
        return all
    }

    /// The status of the answer; nil when the server closed without one.
    func status() -> Int? {
        let words = String(decoding: receive(), as: UTF8.self).split(separator: " ", maxSplits: 2)
        return words.count > 1 && words[0].hasPrefix("HTTP/1.") ? Int(words[1]) : nil
    }
}

/// A Unix socket address for tests that speak to the kernel themselves.
func address(_ path: String) -> sockaddr_un {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
    return address
}

@discardableResult
func connectUnix(_ descriptor: Int32, _ path: String) -> Int32 {
    let target = address(path)
    return unsafe withUnsafePointer(to: target) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
}

@discardableResult
func bindUnix(_ descriptor: Int32, _ path: String) -> Int32 {
    let target = address(path)
    return unsafe withUnsafePointer(to: target) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
}
