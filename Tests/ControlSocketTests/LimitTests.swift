import ControlSocket
import Foundation
import Glibc
import SecretMemory
import Testing

@Suite("What one client can take")
struct LimitTests {
    private static let head = "POST / HTTP/1.1\r\nHost: a\r\nX-Amz-Target: t\r\n"

    @Test("A chunked body over the limit is refused at its end")
    func chunkedOverLimit() throws {
        let fixture = try Fixture(bodyLimit: 1000)
        let connection = RawConnection(fixture.path)
        connection.send(Self.head + "Transfer-Encoding: chunked\r\n\r\n")
        for _ in 0..<4 { connection.send("100\r\n" + String(repeating: "x", count: 256) + "\r\n") }
        connection.send("0\r\n\r\n")
        #expect(connection.status() == 413)
    }

    @Test("A chunked body that does not end is cut off")
    func endless() throws {
        let fixture = try Fixture(bodyLimit: 1000)
        let connection = RawConnection(fixture.path)
        connection.send(Self.head + "Transfer-Encoding: chunked\r\n\r\n")
        for _ in 0..<40 { connection.send("10000\r\n" + String(repeating: "x", count: 65_536) + "\r\n") }
        #expect(connection.status() == nil)
    }

    @Test(
        "A length that no machine holds is refused",
        arguments: ["1001", "9223372036854775807", "18446744073709551614"])
    func hugeLength(length: String) throws {
        let fixture = try Fixture(bodyLimit: 1000)
        let connection = RawConnection(fixture.path)
        connection.send(Self.head + "Content-Length: \(length)\r\n\r\n")
        #expect(connection.status() == 413)
    }

    @Test("A user who holds all connections allowed to one is turned away, and root is not")
    func connectionsPerUser() throws {
        try #require(geteuid() == 0, "run the tests as root: they act as other users")
        let fixture = try Fixture(limits: ControlLimits(connectionsPerUser: 2))
        let script = """
            import socket
            held = []
            for _ in range(3):
                s = socket.socket(socket.AF_UNIX); s.settimeout(60); s.connect('\(fixture.path)'); held.append(s)
            print(held[2].recv(100).split()[1].decode(), end='')
            """
        let greedy = try Command(Command.asUser(65534, groups: "20") + ["/usr/bin/python3", "-c", script])
        #expect(greedy.output == "503")
        #expect(try fixture.client.call(target: "t", body: SecretBytes("x")).body.text == "x")
    }

    @Test("A user with too many bytes under way is told to wait, and gets them back")
    func bytesPerUser() throws {
        try #require(geteuid() == 0, "run the tests as root: they act as other users")
        let fixture = try Fixture(limits: ControlLimits(bodyBytesPerUser: 1000))
        let script = """
            import socket
            def request(n):
                s = socket.socket(socket.AF_UNIX); s.settimeout(60); s.connect('\(fixture.path)')
                s.sendall(b'POST / HTTP/1.1\\r\\nHost: a\\r\\nX-Amz-Target: t\\r\\nExpect: 100-continue\\r\\n'
                          b'Content-Length: %d\\r\\n\\r\\n' % n)
                return s, s.recv(100).split()[1].decode()
            first, a = request(900)
            second, b = request(200)
            first.sendall(b'x' * 900)
            while first.recv(4096): pass
            third, c = request(1000)
            print(a, b, c, end='')
            """
        let asked = try Command(Command.asUser(65534, groups: "20") + ["/usr/bin/python3", "-c", script])
        #expect(asked.output == "100 429 100")
    }

    @Test("A connection on which nothing comes is closed")
    func idle() throws {
        let fixture = try Fixture(limits: ControlLimits(idleTimeoutSeconds: 1))
        let silent = RawConnection(fixture.path)
        #expect(silent.receive() == [])
        let halting = RawConnection(fixture.path)
        halting.send(Self.head + "Content-Length: 10\r\n\r\n1")
        #expect(halting.status() ?? 408 == 408)
    }

    @Test(
        "Garbage gets an error or nothing, and the server goes on",
        arguments: [
            "\r\n\r\n\r\n", "GARBAGE\r\n\r\n", "POST / HTTP/9.9\r\n\r\n", "POST / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
            "POST /other HTTP/1.1\r\nHost: a\r\nX-Amz-Target: t\r\nContent-Length: 0\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nX-Amz-Target: a b\r\nContent-Length: 0\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nX-Amz-Target: \(String(repeating: "t", count: 257))\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nX-Amz-Target: t\r\nContent-Length: -1\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nX-Amz-Target: t\r\nContent-Length: ten\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nX-Amz-Target: t\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nX-Amz-Target: t\r\nX-Long: \(String(repeating: "y", count: 100_000))\r\n\r\n",
            "POST /\(String(repeating: "z", count: 100_000)) HTTP/1.1\r\nHost: a\r\n\r\n",
            String(repeating: "A: b\r\n", count: 30_000), "\0\0\0\0\u{7f}\u{1}", "\u{16}\u{3}\u{1}\u{2}\0",
        ])
    func garbage(bytes: String) throws {
        let fixture = try Fixture()
        let connection = RawConnection(fixture.path)
        connection.send(bytes)
        connection.finishSending()
        let status = connection.status() ?? 400
        #expect((400...499).contains(status) || status == 505, "answered with \(status)")
        #expect(try fixture.client.call(target: "t", body: SecretBytes("x")).body.text == "x")
    }
}
