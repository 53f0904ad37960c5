internal import CofferCore
internal import ControlAPI
internal import ControlSocket
internal import SecretMemory

/// The daemon, as a command asks it. Its errors become the command's.
struct DaemonClient {
    let client: ControlClient

    /// Asks for an operation whose answer holds no value.
    ///
    /// - Parameter operation: such as `secretsmanager.DescribeSecret`.
    @discardableResult
    func call(_ operation: String, _ members: (String, JSONValue?)...) throws -> JSONValue {
        let request = JSONValue.object(
            members.compactMap { name, value in value.map { JSONMember(name, $0) } })
        let reply = try call(operation, body: try MessageBody.make(request))
        return try Self.json(reply)
    }

    /// How the daemon is. Where it waits for a disk that stands still, that is what is told, and soon.
    func status() throws -> JSONValue {
        let impatient = ControlClient(socketPath: client.socketPath, timeoutSeconds: Self.statusSeconds)
        return try DaemonClient(client: impatient).call("coffer.GetStatus")
    }

    private static let statusSeconds = 8

    /// Asks for an operation with a message in guarded memory; the answer stays there too.
    func call(_ operation: String, body: borrowing SecretBytes) throws -> SecretBytes {
        let reply: ControlReply
        do {
            reply = try client.call(target: operation, body: body)
        } catch {
            throw CommandFailure(error)
        }
        guard reply.status == 200 else { throw Self.failure(reply) }
        return reply.body
    }

    /// An answer without a value.
    static func json(_ body: borrowing SecretBytes) throws -> JSONValue {
        let bytes = body.withBytes { bytes in bytes.indices.map { bytes[$0] } }
        do {
            return try JSONValue(parsing: bytes)
        } catch {
            throw CommandFailure(
                .other, "the daemon's answer is not JSON (\(error.message)); is it a daemon of this version?")
        }
    }

    private static func failure(_ reply: borrowing ControlReply) -> CommandFailure {
        let json = try? json(reply.body)
        let name = json?["__type"]?.string ?? reply.errorType ?? ""
        let message =
            json?["message"]?.string ?? "the daemon refused with HTTP status \(reply.status) \(name)"
        return CommandFailure(ExitStatus(errorName: name), message, name: name)
    }
}

extension CommandFailure {
    init(_ error: ControlSocketError) {
        switch error {
        case .noSocket, .refused, .permission, .timedOut, .notASocket, .pathTooLong:
            self.init(.unreachable, error.message)
        case .bodyTooLarge: self.init(.invalidInput, error.message)
        case .inUse, .unsafeDirectory, .protocolViolation, .memory, .serverNotStarted, .io:
            self.init(.other, error.message)
        }
    }
}
