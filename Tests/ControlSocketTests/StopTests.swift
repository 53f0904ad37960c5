import ControlSocket
import Foundation
import Glibc
import SecretMemory
import Testing

@Suite("Stopping")
struct StopTests {
    @Test("A request under way is answered before the server ends")
    func waits() async throws {
        let path = TemporaryPath()
        let entered = Gathering(size: 2)
        let server = try ControlServer(path: path.socket, bodyLimit: 10) { request in
            entered.arrive()
            // Goes on only once `stop` has begun.
            while unsafe access(path.socket, F_OK) == 0 { sched_yield() }
            return ControlResponse(body: request.body)
        }
        try server.start()
        async let answer = onThread {
            try? ControlClient(socketPath: path.socket).call(target: "t", body: SecretBytes("x")).body.text
        }
        async let stopped = onThread {
            entered.arrive()
            return server.stop(limitSeconds: 60)
        }
        #expect(await stopped)
        #expect(await answer == "x")
    }

    @Test("A handler that does not come back holds the end up no longer than allowed")
    func limit() async throws {
        let path = TemporaryPath()
        let entered = Gathering(size: 2)
        let release = Gathering(size: 2)
        let server = try ControlServer(path: path.socket, bodyLimit: 10) { request in
            entered.arrive()
            release.arrive()
            return ControlResponse(body: request.body)
        }
        try server.start()
        async let answer = onThread {
            try? ControlClient(socketPath: path.socket).call(target: "t", body: SecretBytes("x")).body.text
        }
        await onThread { entered.arrive() }
        #expect(server.stop(limitSeconds: 0) == false)
        release.arrive()
        #expect(await answer == "x")
    }

    @Test("Idle and half-sent connections do not hold the end up")
    func idle() throws {
        let fixture = try Fixture()
        let silent = RawConnection(fixture.path)
        let half = RawConnection(fixture.path)
        half.send("POST / HTTP/1.1\r\nHost: a\r\nX-Amz-Target: t\r\nContent-Length: 10\r\n\r\n12345")
        #expect(try fixture.client.call(target: "t", body: SecretBytes("x")).body.text == "x")
        #expect(fixture.server.stop(limitSeconds: 60))
        #expect(silent.receive() == [])
        #expect(half.status() == nil)
    }

    @Test("A reader that stops reading its answer does not hold the end up for ever")
    func stuckReader() throws {
        let fixture = try Fixture(bodyLimit: 8 << 20)
        let reader = RawConnection(fixture.path)
        reader.send("POST / HTTP/1.1\r\nHost: a\r\nX-Amz-Target: t\r\nContent-Length: 8000000\r\n\r\n")
        reader.send([UInt8](repeating: 66, count: 8_000_000))
        #expect(reader.receive(limit: 1) == [UInt8(ascii: "H")])
        #expect(fixture.server.stop(limitSeconds: 0))
    }

    @Test("A stopped server can't be started again, and stopping twice is harmless")
    func twice() throws {
        let fixture = try Fixture()
        #expect(fixture.server.stop())
        #expect(fixture.server.stop())
        #expect(throws: ControlSocketError.serverNotStarted) { try fixture.server.start() }
    }
}

/// A socket's path in a directory of its own.
final class TemporaryPath: Sendable {
    private let directory = TemporaryDirectory()
    var socket: String { directory.file("control.sock") }
}
