internal import CofferCore
internal import SecretMemory
internal import SecretsManager

// The operations that take or give a value.
extension ControlAPI {
    /// AWS operation: CreateSecret.
    func createSecret(_ call: Call, _ body: borrowing SecretBytes) throws(APIError) -> SecretBytes {
        let parameters = call.parameters
        let text = try parameters.requiredText("Name")
        let name: SecretName
        do {
            name = try SecretName(text)
        } catch {
            throw .invalidParameter(error.message)
        }
        var new = try Self.newSecret(name, parameters)
        new.token = try parameters.version("ClientRequestToken")
        let value = try Self.value(of: call, in: body)
        let isText = value.isText
        let bytes = value.bytes
        let written = try service { () throws(ServiceError) in
            try manager.createSecret(call.caller, new, value: bytes, isText: isText)
        }
        return try encode(.object(identity(name) + Self.members(of: written.version)))
    }

    private static func newSecret(
        _ name: SecretName, _ parameters: Parameters
    ) throws(APIError) -> NewSecret {
        var new = NewSecret(name: name)
        new.description = try parameters.text("Description") ?? ""
        new.keyID = try parameters.text("KmsKeyId")
        new.tags = try parameters.tags("Tags") ?? [:]
        new.fileSettings = try parameters.fileSettings("FileSettings") ?? FileSettingsChange()
        return new
    }

    /// AWS operation: PutSecretValue; with `CreateIfMissing`, which is ours, CreateSecret where there is no such secret.
    func putSecretValue(_ call: Call, _ body: borrowing SecretBytes) throws(APIError) -> SecretBytes {
        let name = try secretID(call)
        let stages = try call.parameters.labels("VersionStages")
        let token = try call.parameters.version("ClientRequestToken")
        let isCreating = try call.parameters.flag("CreateIfMissing")
        guard !isCreating || stages.isEmpty else {
            throw .invalidParameter("CreateIfMissing goes without VersionStages")
        }
        let new = isCreating ? try Self.newSecret(name, call.parameters) : nil
        let value = try Self.value(of: call, in: body)
        let isText = value.isText
        guard let bytes = value.bytes else { throw .invalidParameter("give SecretString or SecretBinary") }
        let written = try service { () throws(ServiceError) in
            try manager.putSecretValue(
                call.caller, name: name, value: bytes, stages: stages, token: token, isText: isText,
                orCreating: new)
        }
        let labels = (written.version?.stages ?? []).map { JSONValue.string($0.text) }
        return try encode(
            .object(
                identity(name) + Self.members(of: written.version)
                    + [JSONMember("VersionStages", .array(labels))]
                    + (written.isNewSecret ? [JSONMember("Created", true)] : [])))
    }

    /// AWS operation: GetSecretValue; with `Member`, which is ours, one member of a JSON object as its file reads.
    func getSecretValue(_ call: Call) throws(APIError) -> SecretBytes {
        let name = try secretID(call)
        let id = try call.parameters.version("VersionId")
        let stage = try call.parameters.label("VersionStage")
        let member = try call.parameters.text("Member")
        let readable = try service { () throws(ServiceError) in
            try manager.getSecretValue(call.caller, name: name, versionID: id, stage: stage, member: member)
        }
        let value = try service { () throws(ServiceError) in try manager.readAll(readable) }
        let version = readable.version
        let members =
            identity(readable.name) + [
                JSONMember("VersionId", .string(version.id.text)),
                JSONMember("VersionStages", .array(version.stages.map { .string($0.text) })),
                JSONMember("CreatedDate", .number(version.created.secondsText)),
            ]
        let isText = version.content.isText || member != nil
        do {
            return try MessageBody.make(members, value: value, form: isText ? .text : .binary)
        } catch {
            throw APIError(error)
        }
    }

    /// AWS operation: GetRandomPassword.
    func getRandomPassword(_ call: Call) throws(APIError) -> SecretBytes {
        let parameters = call.parameters
        var recipe = PasswordRecipe()
        recipe.length = try parameters.whole("PasswordLength", in: 1...4096) ?? recipe.length
        recipe.excludeCharacters = try parameters.text("ExcludeCharacters") ?? ""
        recipe.excludeNumbers = try parameters.flag("ExcludeNumbers")
        recipe.excludePunctuation = try parameters.flag("ExcludePunctuation")
        recipe.excludeUppercase = try parameters.flag("ExcludeUppercase")
        recipe.excludeLowercase = try parameters.flag("ExcludeLowercase")
        recipe.includeSpace = try parameters.flag("IncludeSpace")
        recipe.requireEachIncludedType = try parameters.flag("RequireEachIncludedType", default: true)
        let checked = recipe
        let password = try service { () throws(ServiceError) in
            try manager.authorizeRandomPassword(call.caller, length: checked.length)
            return try checked.generate()
        }
        do {
            return try MessageBody.make([], value: password, form: .text, name: "RandomPassword")
        } catch {
            throw APIError(error)
        }
    }

    static func members(of version: VersionRecord?) -> [JSONMember] {
        version.map { [JSONMember("VersionId", .string($0.id.text))] } ?? []
    }

    /// The value that a message brings, in guarded memory of its own.
    static func value(of call: Call, in body: borrowing SecretBytes) throws(APIError) -> GivenValue {
        do {
            let text = try call.layout.secretText("SecretString", in: body)
            let binary = try call.layout.secretBinary("SecretBinary", in: body)
            let hasText = text != nil
            let hasBinary = binary != nil
            if hasText, hasBinary {
                throw APIError.invalidParameter("give SecretString or SecretBinary, not both")
            }
            if hasText { return GivenValue(bytes: text, isText: true) }
            return GivenValue(bytes: binary, isText: false)
        } catch let error as APIError {
            throw error
        } catch let error as MessageError {
            throw APIError(error)
        } catch {
            throw .serialization("the value could not be read")
        }
    }
}

/// The value in a request, if there is one.
struct GivenValue: ~Copyable {
    let bytes: SecretBytes?
    let isText: Bool
}

extension APIError {
    init(_ error: MessageError) {
        switch error {
        case .notAnObject, .wrongType: self = .serialization(error.message)
        case .memory(let error): self.init(error)
        }
    }
}
