internal import CofferCore
internal import SecretsManager

extension ControlAPI {
    /// `coffer.PutFileSettings`: how a secret's files are shown and read.
    func putFileSettings(_ call: Call) throws(APIError) -> JSONValue {
        let name = try secretID(call)
        guard let edit = try call.parameters.fileSettings("FileSettings"), !edit.isEmpty else {
            throw .invalidParameter("give FileSettings with Owner, Group, Mode, Strict or Default")
        }
        let settings = try service { () throws(ServiceError) in
            try manager.putFileSettings(call.caller, name: name, edit)
        }
        return .object(
            identity(name) + [
                JSONMember(
                    "FileSettings",
                    .members(
                        ("Owner", settings.owner.map { .int($0) }),
                        ("Group", settings.group.map { .int($0) }),
                        ("Mode", settings.modeText.map { .string($0) }), ("Strict", .bool(settings.isStrict)))
                )
            ])
    }
}

extension Parameters {
    /// `{"Owner": …, "Group": …, "Mode": "0640", "Strict": …, "Default": …}`; nil where it is left out.
    func fileSettings(_ name: String) throws(APIError) -> FileSettingsChange? {
        guard let members = try object(name) else { return nil }
        var change = FileSettingsChange()
        for member in members {
            switch member.name {
            case "Owner": change.owner = try Self.account(member)
            case "Group": change.group = try Self.account(member)
            case "Mode":
                guard let mode = member.value.string else {
                    throw .serialization("Mode must be a string of octal digits, such as \"0640\"")
                }
                change.mode = mode
            case "Strict": change.isStrict = try Self.flag(member)
            case "Default": change.resetsOwnership = try Self.flag(member)
            default:
                throw .invalidParameter(
                    "\(name) has no member '\(member.name)'; it has Owner, Group, Mode, Strict, Default")
            }
        }
        return change
    }

    /// A user or group: its name, or its number in either form.
    private static func account(_ member: JSONMember) throws(APIError) -> String {
        if let name = member.value.string { return name }
        guard let number = member.value.int else {
            throw .serialization("\(member.name) must be a name or a number")
        }
        return String(number)
    }

    private static func flag(_ member: JSONMember) throws(APIError) -> Bool {
        guard let flag = member.value.bool else {
            throw .serialization("\(member.name) must be true or false")
        }
        return flag
    }
}
