import ControlSocket
import Foundation
import Glibc
import SecretMemory

/// A directory of one test's own, gone when the test is.
final class TemporaryDirectory: Sendable {
    let path: String

    init(mode: UInt16 = 0o755) {
        var template = Array("/tmp/coffer-socket-XXXXXX".utf8CString)
        path = unsafe String(cString: mkdtemp(&template))
        unsafe chmod(path, mode_t(mode))
        // Machines where the memory lock limit is small test the protocol all the same.
        try? ProcessHardening.reserve(bytes: 0, allowUnlocked: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }
}

/// A running server in a directory of its own, stopped when the test is over.
final class Fixture: Sendable {
    let directory = TemporaryDirectory()
    let path: String
    let server: ControlServer

    init(
        bodyLimit: Int = 1 << 20, permissions: UInt16 = 0o666, limits: ControlLimits = ControlLimits(),
        handler: @escaping @Sendable (consuming ControlRequest) -> ControlResponse = Fixture.echo
    ) throws {
        path = directory.file("control.sock")
        server = try ControlServer(
            path: path, permissions: permissions, bodyLimit: bodyLimit, limits: limits, handler: handler)
        try server.start()
    }

    deinit { server.stop() }

    /// Calls the server; the fixture lives at least until the answer is there.
    var client: Calls { Calls(fixture: self) }

    struct Calls: Sendable {
        let fixture: Fixture

        func call(target: String, body: borrowing SecretBytes) throws(ControlSocketError) -> ControlReply {
            try withExtendedLifetime(fixture) { () throws(ControlSocketError) in
                try ControlClient(socketPath: fixture.path).call(target: target, body: body)
            }
        }
    }

    /// Sends the request's own bytes back.
    static let echo: @Sendable (consuming ControlRequest) -> ControlResponse = { request in
        ControlResponse(body: request.body)
    }
}

extension SecretBytes {
    /// Plain bytes of a test, which are no secret. Handlers can't throw; a test without memory may well trap.
    init(_ text: String) {
        self = try! SecretBytes(copying: Array(text.utf8).span)
    }

    /// The bytes of a test, which are no secret.
    var plain: [UInt8] { withBytes { span in span.indices.map { span[$0] } } }

    /// The text of a test, which is no secret.
    var text: String { String(decoding: plain, as: UTF8.self) }
}

/// Runs `body` on a thread of its own, so that blocking calls of a test take none from Swift's pool.
func onThread<R: Sendable>(_ body: @escaping @Sendable () -> R) async -> R {
    await withCheckedContinuation { continuation in
        Thread { continuation.resume(returning: body()) }.start()
    }
}
