import Foundation
import Glibc
import SecretMemory

/// A raw client that sends guarded bytes without a copy of them in this process.
final class SecretSender: Sendable {
    private let descriptor: Int32

    init(_ path: String) {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        connectUnix(descriptor, path)
    }

    deinit { close(descriptor) }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = unsafe bytes.withUnsafeBytes {
            unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
    }

    func send(_ secret: borrowing SecretBytes) {
        unsafe secret.withUnsafeBytes {
            _ = unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
    }

    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    func receiveOne() -> UInt8? {
        var byte: UInt8 = 0
        return unsafe recv(descriptor, &byte, 1, 0) == 1 ? byte : nil
    }

    /// The status of the answer, read to its end; nil when the server closed without one.
    func status() -> Int? {
        var bytes: [UInt8] = []
        while let byte = receiveOne() { bytes.append(byte) }
        let words = String(decoding: bytes, as: UTF8.self).split(separator: " ", maxSplits: 2)
        return words.count > 1 ? Int(words[1]) : nil
    }
}
