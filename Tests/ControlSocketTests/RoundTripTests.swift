import ControlSocket
import Foundation
import SecretMemory
import Synchronization
import Testing

@Suite("A request and its answer")
struct RoundTripTests {
    @Test(
        "Bodies of every size come back as they went",
        arguments: [0, 1, 2, 63, 64, 4095, 4096, 16_384, 65_535, 65_536, 65_537, 1 << 20, 16 << 20])
    func sizes(count: Int) throws {
        let fixture = try Fixture(bodyLimit: 16 << 20)
        let body = try SecretBytes.random(count: count)
        let reply = try fixture.client.call(target: "test.Echo", body: body)
        #expect(reply.status == 200)
        #expect(reply.errorType == nil)
        let isSame = reply.body.isEqual(to: body)
        #expect(isSame)
        #expect(fixture.server.stop())
    }

    @Test("All byte values pass, zeros and line ends too")
    func binary() throws {
        let fixture = try Fixture()
        let bytes = (0..<1024).map { UInt8(truncatingIfNeeded: $0) } + Array("\r\n\r\n\0\r\n".utf8)
        let reply = try fixture.client.call(target: "test.Echo", body: SecretBytes(copying: bytes.span))
        #expect(reply.body.plain == bytes)
    }

    @Test("One byte more than the limit is refused, and the server goes on")
    func overLimit() throws {
        let fixture = try Fixture(bodyLimit: 16 << 20)
        let body = try SecretBytes(zeroedCount: (16 << 20) + 1)
        let reply = try fixture.client.call(target: "test.Echo", body: body)
        #expect(reply.status == 413)
        #expect(reply.errorType == "RequestTooLargeException")
        #expect(
            try fixture.client.call(target: "test.Echo", body: SecretBytes("still here")).body.text
                == "still here")
    }

    @Test("The handler sees the target, and its status and error type reach the client")
    func targetAndError() throws {
        let fixture = try Fixture { request in
            ControlResponse(
                status: 400, errorType: "ResourceNotFoundException", body: SecretBytes(request.target))
        }
        let reply = try fixture.client.call(target: "secretsmanager.GetSecretValue", body: SecretBytes("{}"))
        #expect(reply.status == 400)
        #expect(reply.errorType == "ResourceNotFoundException")
        #expect(reply.body.text == "secretsmanager.GetSecretValue")
    }

    @Test("An error type with a line break in it never becomes a header")
    func headerInjection() throws {
        let fixture = try Fixture { request in
            ControlResponse(status: 400, errorType: "A\r\nX-Evil: 1", body: request.body)
        }
        let connection = RawConnection(fixture.path)
        connection.send("POST / HTTP/1.1\r\nHost: a\r\nX-Amz-Target: t\r\nContent-Length: 0\r\n\r\n")
        #expect(!String(decoding: connection.receive(), as: UTF8.self).contains("X-Evil"))
    }

    @Test(
        "A target that no header can carry is refused before anything is sent",
        arguments: ["", "a b", "a\r\nb", "ü"])
    func badTarget(target: String) throws {
        let client = ControlClient(socketPath: "/nonexistent/socket")
        #expect {
            _ = try client.call(target: target, body: SecretBytes("")).status
        } throws: {
            if case .protocolViolation? = $0 as? ControlSocketError { true } else { false }
        }
    }

    @Test("Thirty-two clients are served at the same moment")
    func concurrency() async throws {
        let gathering = Gathering(size: 32)
        let fixture = try Fixture { request in
            gathering.arrive()
            return ControlResponse(body: request.body)
        }
        let client = fixture.client
        let answers = await withTaskGroup(of: String?.self) { group in
            for number in 0..<32 {
                group.addTask {
                    await onThread {
                        try? client.call(target: "test.Echo", body: SecretBytes("client \(number)")).body.text
                    }
                }
            }
            return await group.reduce(into: Set<String>()) { if let text = $1 { $0.insert(text) } }
        }
        #expect(answers == Set((0..<32).map { "client \($0)" }))
    }

    @Test("A handler that blocks and a client that dawdles keep nobody else waiting")
    func slowness() async throws {
        let gate = Gathering(size: 2)
        // A machine that is busy must not make the dawdler time out: that is another test's matter.
        let fixture = try Fixture(limits: ControlLimits(idleTimeoutSeconds: 3600)) { request in
            if request.target == "test.Slow" { gate.arrive() }
            return ControlResponse(body: request.body)
        }
        let client = fixture.client
        let dawdler = RawConnection(fixture.path)
        dawdler.send("POST / HTTP/1.1\r\nHost: a\r\nX-Amz-Target: t\r\nContent-Length: 10\r\n\r\n12345")
        async let slow = onThread {
            try? client.call(target: "test.Slow", body: SecretBytes("slow")).body.text
        }
        #expect(try client.call(target: "test.Fast", body: SecretBytes("fast")).body.text == "fast")
        gate.arrive()
        #expect(await slow == "slow")
        dawdler.send("67890")
        #expect(dawdler.status() == 200)
    }

    @Test("A client that leaves in the middle of an answer harms nobody")
    func leaving() throws {
        let fixture = try Fixture(bodyLimit: 4 << 20)
        for _ in 0..<8 {
            let connection = RawConnection(fixture.path)
            connection.send(
                "POST / HTTP/1.1\r\nHost: a\r\nX-Amz-Target: t\r\nContent-Length: 2000000\r\n\r\n")
            connection.send([UInt8](repeating: 65, count: 2_000_000))
            #expect(connection.receive(limit: 1) == [UInt8(ascii: "H")])
        }
        #expect(try fixture.client.call(target: "t", body: SecretBytes("x")).body.text == "x")
    }
}

/// Lets nobody go on until `size` have come.
final class Gathering: Sendable {
    private let missing: Mutex<Int>
    private let all = DispatchSemaphore(value: 0)
    private let size: Int

    init(size: Int) {
        self.size = size
        missing = Mutex(size)
    }

    func arrive() {
        let isLast = missing.withLock { missing in
            missing -= 1
            return missing == 0
        }
        if isLast { for _ in 0..<size { all.signal() } }
        all.wait()
    }
}
