public import CofferCore
public import ControlSocket
internal import SecretMemory
public import SecretsManager

/// Answers the requests of the control socket: AWS JSON 1.1, AWS's operations and our own (docs/commands.md).
///
/// It translates and decides nothing: who may do what is the manager's matter, as for the mount.
public final class ControlAPI: Sendable {
    let manager: SecretsManager
    let status: @Sendable () -> JSONValue

    /// - Parameter status: what the daemon tells of itself, as an object; `coffer.GetStatus` adds what the manager
    ///   knows.
    public init(manager: SecretsManager, status: @escaping @Sendable () -> JSONValue) {
        self.manager = manager
        self.status = status
    }

    /// Answers one request. It may wait for the disk.
    public func handle(_ request: consuming ControlRequest) -> ControlResponse {
        let failure: APIError
        do {
            return ControlResponse(body: try answer(request))
        } catch {
            failure = error
        }
        let json = JSONValue.members(("__type", .string(failure.code)), ("message", .string(failure.message)))
        do {
            return ControlResponse(
                status: failure.status, errorType: failure.code, body: try MessageBody.make(json))
        } catch {
            // There is no guarded memory left for the error's text: the request's own takes its name.
            return ControlResponse(
                status: failure.status, errorType: failure.code, body: Self.bare(failure, in: request.body))
        }
    }

    private static func bare(_ failure: APIError, in request: consuming SecretBytes) -> SecretBytes {
        var body = request
        try? body.resize(to: 0)
        let text = Array(#"{"__type":"\#(failure.code)"}"#.utf8)
        if text.count <= body.capacity { try? body.append(text.span) }
        return body
    }

    private func answer(_ request: borrowing ControlRequest) throws(APIError) -> SecretBytes {
        guard let operation = Operation(rawValue: request.target) else {
            throw .unknownOperation(
                "there is no operation '\(request.target)'; docs/commands.md lists them, such as secretsmanager.GetSecretValue"
            )
        }
        let layout: MessageLayout
        do {
            layout = try MessageLayout(request.body)
        } catch {
            throw .serialization(error.message)
        }
        let call = Call(
            caller: request.caller, parameters: try Parameters(layout, in: request.body, of: operation),
            layout: layout)
        switch operation {
        case .createSecret: return try createSecret(call, request.body)
        case .getSecretValue: return try getSecretValue(call)
        case .putSecretValue: return try putSecretValue(call, request.body)
        case .updateSecret: return try updateSecret(call, request.body)
        case .getRandomPassword: return try getRandomPassword(call)
        case .lookupEvents: return try lookupEvents(call)
        default: return try encode(try plainAnswer(operation, call))
        }
    }

    /// The answers without a value.
    private func plainAnswer(_ operation: Operation, _ call: Call) throws(APIError) -> JSONValue {
        switch operation {
        case .createSecret, .getSecretValue, .putSecretValue, .updateSecret, .getRandomPassword,
            .lookupEvents:
            preconditionFailure("answered in guarded memory")
        case .describeSecret: try describeSecret(call)
        case .listSecrets: try listSecrets(call, pageLimit: 100)
        case .listAllSecrets: try listSecrets(call, pageLimit: 2000)
        case .listSecretVersionIds: try listSecretVersionIds(call)
        case .updateSecretVersionStage: try updateSecretVersionStage(call)
        case .deleteSecret: try deleteSecret(call)
        case .restoreSecret: try restoreSecret(call)
        case .tagResource: try tagResource(call)
        case .untagResource: try untagResource(call)
        case .getResourcePolicy: try getResourcePolicy(call)
        case .putResourcePolicy: try putResourcePolicy(call)
        case .deleteResourcePolicy: try deleteResourcePolicy(call)
        case .validateResourcePolicy: try validateResourcePolicy(call)
        case .getStorePolicy: try getStorePolicy(call)
        case .putStorePolicy: try putStorePolicy(call)
        case .deleteStorePolicy: try deleteStorePolicy(call)
        case .addStatement: try addStatement(call)
        case .simulatePolicy: try simulatePolicy(call)
        case .verifyTrail: try verifyTrail(call)
        case .getStatus: try getStatus(call)
        case .putFileSettings: try putFileSettings(call)
        }
    }

    /// An answer without a value, as its text.
    func encode(_ json: JSONValue) throws(APIError) -> SecretBytes {
        do { return try MessageBody.make(json) } catch { throw APIError(error) }
    }
}

/// One request: who asks, and what for.
struct Call {
    let caller: Caller
    let parameters: Parameters
    /// Where the value stands in the message.
    let layout: MessageLayout
}

extension ControlAPI {
    /// The secret that a request is about.
    func secretID(_ call: Call) throws(APIError) -> SecretName {
        let text = try call.parameters.requiredText("SecretId")
        return try service { () throws(ServiceError) in try manager.secretName(of: text) }
    }

    /// The members that begin most answers.
    func identity(_ name: SecretName) -> [JSONMember] {
        [JSONMember("ARN", .string(manager.arn(of: name))), JSONMember("Name", .string(name.text))]
    }
}
