import ControlSocket
import Foundation
import Glibc
import SecretMemory
import Testing

@Suite("The socket's file")
struct SocketFileTests {
    private func server(_ path: String) throws(ControlSocketError) -> ControlServer {
        try ControlServer(path: path, bodyLimit: 1000, handler: Fixture.echo)
    }

    @Test("A server that stops leaves nothing behind, and its path can be taken again")
    func cleanUp() throws {
        let fixture = try Fixture()
        #expect(try fixture.client.call(target: "t", body: SecretBytes("x")).status == 200)
        #expect(fixture.server.stop())
        #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.directory.path) == [])
        let second = try server(fixture.path)
        defer { second.stop() }
        try second.start()
        #expect(try fixture.client.call(target: "t", body: SecretBytes("y")).body.text == "y")
    }

    @Test("A server that was never started removes its files too")
    func neverStarted() throws {
        let directory = TemporaryDirectory()
        _ = try server(directory.file("s"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == [])
    }

    @Test("A socket that nobody listens to is replaced, and a client is told that it is dead")
    func stale() throws {
        let directory = TemporaryDirectory()
        let path = directory.file("s")
        let dead = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        bindUnix(dead, path)
        close(dead)
        #expect(throws: ControlSocketError.refused(path: path)) {
            _ = try ControlClient(socketPath: path).call(target: "t", body: SecretBytes("")).status
        }
        let fresh = try server(path)
        defer { fresh.stop() }
        try fresh.start()
        #expect(
            try ControlClient(socketPath: path).call(target: "t", body: SecretBytes("x")).body.text == "x")
    }

    @Test("A path that another server of ours serves is in use, and goes on being served")
    func live() throws {
        let fixture = try Fixture()
        #expect(throws: ControlSocketError.inUse(path: fixture.path)) { _ = try server(fixture.path) }
        #expect(try fixture.client.call(target: "t", body: SecretBytes("x")).body.text == "x")
    }

    @Test("A path that a stranger's program listens at is in use")
    func foreign() throws {
        let directory = TemporaryDirectory()
        let path = directory.file("s")
        let stranger = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(stranger) }
        bindUnix(stranger, path)
        listen(stranger, 1)
        #expect(throws: ControlSocketError.inUse(path: path)) { _ = try server(path) }
        #expect(FileManager.default.fileExists(atPath: path))
    }

    @Test("Of many that start at once over a dead socket exactly one gets the path")
    func race() async throws {
        let directory = TemporaryDirectory()
        let path = directory.file("s")
        let dead = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        bindUnix(dead, path)
        close(dead)
        let servers = await withTaskGroup(of: ControlServer?.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    await onThread { try? ControlServer(path: path, bodyLimit: 10, handler: Fixture.echo) }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let winners = servers.compactMap(\.self)
        #expect(winners.count == 1)
        let winner = try #require(winners.first)
        defer { winner.stop() }
        try winner.start()
        #expect(
            try ControlClient(socketPath: path).call(target: "t", body: SecretBytes("x")).body.text == "x")
    }

    @Test("A file that is no socket is left alone")
    func notASocket() throws {
        let directory = TemporaryDirectory()
        let path = directory.file("s")
        try Data("precious".utf8).write(to: URL(fileURLWithPath: path))
        #expect(throws: ControlSocketError.notASocket(path: path)) { _ = try server(path) }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
    }

    @Test("A directory that others can write to is refused", arguments: [0o777, 0o1777, 0o775] as [UInt16])
    func unsafeDirectory(mode: UInt16) {
        let directory = TemporaryDirectory(mode: mode)
        #expect {
            _ = try server(directory.file("s"))
        } throws: {
            if case .unsafeDirectory(directory.path, _)? = $0 as? ControlSocketError { true } else { false }
        }
    }

    @Test("A directory below one whose names others can change is refused")
    func unsafeParent() {
        let directory = TemporaryDirectory(mode: 0o777)
        #expect {
            _ = try server(directory.file("d") + "/s")
        } throws: {
            if case .unsafeDirectory(directory.path, _)? = $0 as? ControlSocketError { true } else { false }
        }
    }

    @Test("A missing directory is made for everybody to enter and nobody else to write")
    func makesDirectory() throws {
        let directory = TemporaryDirectory()
        let made = try server(directory.file("run") + "/s")
        var status = stat()
        unsafe stat(directory.file("run"), &status)
        #expect(status.st_mode & 0o7777 == 0o755)
        made.stop()
    }

    @Test("A path of 107 bytes works, and one more is too long")
    func pathLength() throws {
        let directory = TemporaryDirectory()
        let longest = directory.file(String(repeating: "s", count: 106 - directory.path.utf8.count))
        try #require(longest.utf8.count == 107)
        let made = try server(longest)
        defer { made.stop() }
        try made.start()
        #expect(
            try ControlClient(socketPath: longest).call(target: "t", body: SecretBytes("x")).body.text == "x")
        let tooLong = ControlSocketError.pathTooLong(path: longest + "s", limit: 107)
        #expect(throws: tooLong) { _ = try server(longest + "s") }
        #expect(throws: tooLong) {
            _ = try ControlClient(socketPath: longest + "s").call(target: "t", body: SecretBytes("")).status
        }
    }

    @Test("Without a file the client says that no store is mounted")
    func noSocket() {
        let directory = TemporaryDirectory()
        let error = #expect(throws: ControlSocketError.self) {
            _ = try ControlClient(socketPath: directory.file("s")).call(target: "t", body: SecretBytes(""))
                .status
        }
        #expect(error == .noSocket(path: directory.file("s")))
        #expect(error?.message.contains("coffer mount") == true)
    }
}
