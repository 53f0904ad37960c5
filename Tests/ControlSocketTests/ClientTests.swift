import ControlSocket
import Foundation
import Glibc
import SecretMemory
import Testing

@Suite("The client and servers that are not ours")
struct ClientTests {
    /// What the client makes of a server that answers with `answer`.
    private func ask(_ answer: String, replyLimit: Int = 1 << 20) async throws -> (Int, String?, String) {
        let server = FakeServer(answer: Array(answer.utf8))
        let result = await onThread { () -> Result<(Int, String?, String), ControlSocketError> in
            do throws(ControlSocketError) {
                let reply = try ControlClient(socketPath: server.path, replyLimit: replyLimit)
                    .call(target: "t", body: SecretBytes("question"))
                return .success((reply.status, reply.errorType, reply.body.text))
            } catch {
                return .failure(error)
            }
        }
        #expect(await server.request().hasSuffix("\r\n\r\nquestion"))
        return try result.get()
    }

    @Test(
        "Every legal form of an answer is understood",
        arguments: [
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\ncontent-length:5\r\n\r\nhello",
            "HTTP/1.1 200 \r\nContent-LENGTH: \t 5 \t\r\nDate: today\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.0 200 OK\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        ])
    func legal(answer: String) async throws {
        let (status, errorType, body) = try await ask(answer)
        #expect(status == 200)
        #expect(errorType == nil)
        #expect(body == "hello")
    }

    @Test("An error's type is read, and 204 has no body")
    func errors() async throws {
        let refused = try await ask(
            "HTTP/1.1 400 Bad\r\nX-Amzn-ErrorType: Nope\r\nContent-Length: 2\r\n\r\n{}")
        #expect(refused == (400, "Nope", "{}"))
        let empty = try await ask("HTTP/1.1 204 No Content\r\n\r\n")
        #expect(empty == (204, nil, ""))
    }

    @Test("A large body that ends with the connection is read whole")
    func closeDelimited() async throws {
        let text = String(repeating: "0123456789", count: 10_000)
        #expect(try await ask("HTTP/1.1 200 OK\r\n\r\n" + text).2 == text)
    }

    @Test(
        "Whatever is not HTTP is a violation",
        arguments: [
            "", "hello", "HTTP/1.1", "HTTP/1.1 200 OK\r\n", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 99 X\r\n\r\n",
            "HTTP/1.1 600 X\r\n\r\n", "HTTP/1.1 +20 X\r\n\r\n", "HTTP/1.1 101 Switching\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\n folded: x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA: " + String(repeating: "b", count: 20_000) + "\r\n\r\n",
        ])
    func illegal(answer: String) async {
        await #expect {
            _ = try await ask(answer)
        } throws: {
            if case .protocolViolation? = $0 as? ControlSocketError { true } else { false }
        }
    }

    @Test(
        "A body beyond the client's limit is refused, announced or not",
        arguments: ["Content-Length: 20000\r\n", "Connection: close\r\n"])
    func tooLarge(header: String) async {
        let answer = "HTTP/1.1 200 OK\r\n\(header)\r\n" + String(repeating: "x", count: 20_000)
        await #expect(throws: ControlSocketError.bodyTooLarge(limit: 19_999)) {
            _ = try await ask(answer, replyLimit: 19_999)
        }
    }

    @Test("A server that says nothing is given up")
    func silence() throws {
        let directory = TemporaryDirectory()
        let silent = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(silent) }
        bindUnix(silent, directory.file("s"))
        listen(silent, 1)
        #expect(throws: ControlSocketError.timedOut) {
            _ = try ControlClient(socketPath: directory.file("s"), timeoutSeconds: 1)
                .call(target: "t", body: SecretBytes("")).status
        }
    }

    @Test("Every error says what to do next")
    func messages() {
        let errors: [ControlSocketError] = [
            .noSocket(path: "/p"), .refused(path: "/p"), .permission(path: "/p"),
            .pathTooLong(path: "/p", limit: 107),
            .inUse(path: "/p"), .notASocket(path: "/p"), .unsafeDirectory(path: "/p", reason: "r"),
            .protocolViolation("v"), .timedOut, .bodyTooLarge(limit: 1),
            .memory(.outOfGuardedMemory(bytes: 1)),
            .serverNotStarted, .io(code: ENOMEM),
        ]
        for error in errors {
            #expect(
                error.message.count > 40 && error.message.hasSuffix(".") && error.description == error.message
            )
        }
        #expect(Set(errors.map(\.message)).count == errors.count)
    }
}

/// Takes one connection, one request with a body of eight bytes, and answers with bytes as they are.
final class FakeServer: Sendable {
    let path: String
    private let directory = TemporaryDirectory()
    private let answer: Task<String, Never>

    init(answer bytes: [UInt8]) {
        path = directory.file("s")
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        bindUnix(listener, path)
        listen(listener, 1)
        answer = Task {
            await onThread {
                let connection = accept(listener, nil, nil)
                defer {
                    close(connection)
                    close(listener)
                }
                var request: [UInt8] = []
                var byte: UInt8 = 0
                while !String(decoding: request, as: UTF8.self).hasSuffix("question"),
                    unsafe recv(connection, &byte, 1, 0) == 1
                { request.append(byte) }
                unsafe bytes.withUnsafeBytes {
                    _ = unsafe send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                return String(decoding: request, as: UTF8.self)
            }
        }
    }

    func request() async -> String { await answer.value }
}
