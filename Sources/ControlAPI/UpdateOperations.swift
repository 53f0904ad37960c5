internal import CofferCore
internal import SecretMemory
internal import SecretsManager

extension ControlAPI {
    /// AWS operation: UpdateSecret; without KmsKeyId.
    func updateSecret(_ call: Call, _ body: borrowing SecretBytes) throws(APIError) -> SecretBytes {
        let name = try secretID(call)
        let description = try call.parameters.text("Description")
        let token = try call.parameters.version("ClientRequestToken")
        let value = try Self.value(of: call, in: body)
        let isText = value.isText
        let bytes = value.bytes
        let written = try service { () throws(ServiceError) in
            try manager.updateSecret(
                call.caller, name: name, description: description, value: bytes, isText: isText, token: token)
        }
        return try encode(.object(identity(name) + Self.members(of: written.version)))
    }

    /// AWS operation: UpdateSecretVersionStage.
    func updateSecretVersionStage(_ call: Call) throws(APIError) -> JSONValue {
        let name = try secretID(call)
        guard let stage = try call.parameters.label("VersionStage") else {
            throw .invalidParameter("give VersionStage")
        }
        let moveTo = try call.parameters.version("MoveToVersionId")
        let removeFrom = try call.parameters.version("RemoveFromVersionId")
        _ = try service { () throws(ServiceError) in
            try manager.updateSecretVersionStage(
                call.caller, name: name, stage: stage, moveTo: moveTo, removeFrom: removeFrom)
        }
        return .object(identity(name))
    }

    /// AWS operation: DeleteSecret.
    func deleteSecret(_ call: Call) throws(APIError) -> JSONValue {
        let name = try secretID(call)
        let days = try call.parameters.whole("RecoveryWindowInDays", in: Int.min...Int.max)
        let force = try call.parameters.flag("ForceDeleteWithoutRecovery")
        let lifecycle = try service { () throws(ServiceError) in
            try manager.deleteSecret(call.caller, name: name, recoveryWindowDays: days, force: force)
        }
        let date = lifecycle.deletion.map { JSONMember("DeletionDate", .number($0.secondsText)) }
        return .object(identity(name) + [date].compactMap(\.self))
    }

    /// AWS operation: RestoreSecret.
    func restoreSecret(_ call: Call) throws(APIError) -> JSONValue {
        let name = try secretID(call)
        _ = try service { () throws(ServiceError) in try manager.restoreSecret(call.caller, name: name) }
        return .object(identity(name))
    }

    /// AWS operation: TagResource.
    func tagResource(_ call: Call) throws(APIError) -> JSONValue {
        let name = try secretID(call)
        guard let tags = try call.parameters.tags("Tags") else { throw .invalidParameter("give Tags") }
        try service { () throws(ServiceError) in try manager.tagResource(call.caller, name: name, tags: tags)
        }
        return .object([])
    }

    /// AWS operation: UntagResource.
    func untagResource(_ call: Call) throws(APIError) -> JSONValue {
        let name = try secretID(call)
        guard let keys = try call.parameters.texts("TagKeys", atMost: 1000) else {
            throw .invalidParameter("give TagKeys")
        }
        try service { () throws(ServiceError) in
            try manager.untagResource(call.caller, name: name, keys: keys)
        }
        return .object([])
    }
}
