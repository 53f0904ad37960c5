internal import CofferCore
internal import ControlAPI
internal import SecretMemory

/// Puts a value into a secret, and makes the secret where there is none.
struct SecretWriter {
    let daemon: DaemonClient
    let name: String
    /// Labels for the new version; none for AWSCURRENT.
    var stages: [String] = []
    /// The new version's id; made by the daemon where it is nil.
    var token: String?

    /// Writes the value; what goes with it is changed too where it is given.
    func write(
        _ value: borrowing SecretBytes, description: String? = nil, tags: [(key: String, value: String)] = [],
        settings: JSONValue? = nil
    ) throws -> (json: JSONValue, isNew: Bool) {
        // First, so that a user whom the machine doesn't know leaves everything as it was.
        if let settings {
            do {
                try daemon.call(
                    "coffer.PutFileSettings", ("SecretId", .string(name)), ("FileSettings", settings))
            } catch let failure as CommandFailure where failure.status == .notFound {}
        }
        let json: JSONValue
        do {
            json = try put(value, description: description, tags: tags, settings: settings)
        } catch let failure as CommandFailure where failure.status == .notFound && !stages.isEmpty {
            // A secret is made without labels: the secret first, then its first version.
            try daemon.call(
                "secretsmanager.CreateSecret", ("Name", .string(name)), ("FileSettings", settings),
                ("Description", description.map { .string($0) }),
                ("Tags", tags.isEmpty ? nil : Tag.json(tags)))
            return (try put(value, description: nil, tags: [], settings: nil), true)
        }
        if json["Created"] != nil { return (json, true) }
        if let description {
            try daemon.call(
                "secretsmanager.UpdateSecret", ("SecretId", .string(name)),
                ("Description", .string(description)))
        }
        if !tags.isEmpty {
            try daemon.call(
                "secretsmanager.TagResource", ("SecretId", .string(name)), ("Tags", Tag.json(tags)))
        }
        return (json, false)
    }

    private func put(
        _ value: borrowing SecretBytes, description: String?, tags: [(key: String, value: String)],
        settings: JSONValue?
    ) throws -> JSONValue {
        var members = [JSONMember("SecretId", .string(name))]
        if let token { members.append(JSONMember("ClientRequestToken", .string(token))) }
        if stages.isEmpty {
            members.append(JSONMember("CreateIfMissing", true))
            if let settings { members.append(JSONMember("FileSettings", settings)) }
            if let description { members.append(JSONMember("Description", .string(description))) }
            if !tags.isEmpty { members.append(JSONMember("Tags", Tag.json(tags))) }
        } else {
            members.append(JSONMember("VersionStages", .array(stages.map { .string($0) })))
        }
        let body = try MessageBody.make(members, value: value, form: MessageBody.ValueForm(of: value))
        return try DaemonClient.json(try daemon.call("secretsmanager.PutSecretValue", body: body))
    }
}

/// Tags as arguments: `team=web`.
enum Tag {
    /// Takes arguments apart at their first `=`.
    static func list(_ arguments: [String]) throws -> [(key: String, value: String)] {
        try arguments.map { argument in
            guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else {
                throw CommandFailure(.usage, "'\(argument)' is no tag; write key=value, such as team=web")
            }
            return (String(argument[..<equals]), String(argument[argument.index(after: equals)...]))
        }
    }

    /// The tags as AWS has them.
    static func json(_ tags: [(key: String, value: String)]) -> JSONValue {
        .array(tags.map { .members(("Key", .string($0.key)), ("Value", .string($0.value))) })
    }
}
