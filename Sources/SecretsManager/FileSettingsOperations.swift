public import CofferCore

/// What is to be changed in a secret's file settings; what is nil stays.
public struct FileSettingsChange: Sendable {
    /// A user by name or number.
    public var owner: String?
    /// A group by name or number.
    public var group: String?
    /// Permission bits in octal.
    public var mode: String?
    public var isStrict: Bool?
    /// Whether owner, group and mode first become the caller's own again.
    public var resetsOwnership: Bool

    public init(
        owner: String? = nil, group: String? = nil, mode: String? = nil, isStrict: Bool? = nil,
        resetsOwnership: Bool = false
    ) {
        self.owner = owner
        self.group = group
        self.mode = mode
        self.isStrict = isStrict
        self.resetsOwnership = resetsOwnership
    }

    /// Whether it would change nothing, whatever there is.
    public var isEmpty: Bool {
        owner == nil && group == nil && mode == nil && isStrict == nil && !resetsOwnership
    }

    /// What the audit trail says of it.
    var parameters: [(name: String, value: String)] {
        let given: [(String, String?)] = [
            ("default", resetsOwnership ? "true" : nil), ("owner", owner), ("group", group), ("mode", mode),
            ("strict", isStrict.map(String.init)),
        ]
        return given.compactMap { name, value in value.map { (name, $0) } }
    }
}

extension SecretsManager {
    /// Fixes, or frees again, how a secret's files are shown and whether it is strict. Takes UpdateSecret.
    ///
    /// - Returns: the settings as they are then.
    @discardableResult
    public func putFileSettings(
        _ caller: Caller, name: SecretName, _ edit: FileSettingsChange
    ) throws(ServiceError) -> FileSettings {
        let request = request(from: caller)
        let details = AuditDetails(secretID: name.text, parameters: edit.parameters)
        return try change(.putFileSettings, by: request, details) {
            writer throws(ServiceError) -> Plan<FileSettings> in
            guard let secret = secret(named: name) else { throw Self.notFound(name.text) }
            try authorize(.updateSecret, on: secret, by: request)
            try checkNotPendingDeletion(secret.record)
            var record = secret.record
            record.fileSettings = try edited(record.fileSettings, by: edit)
            var change = Change()
            if record != secret.record {
                record.changed = request.time
                change.secrets = [(record, secret)]
                change.announcements = [
                    SecretChange(before: secret.record, after: record, affectsAccess: false)
                ]
            }
            return Plan(change: change, result: record.fileSettings, details: details)
        }
    }

    /// The settings with the change applied: names become numbers.
    func edited(_ settings: FileSettings, by edit: FileSettingsChange) throws(ServiceError) -> FileSettings {
        var settings = edit.resetsOwnership ? FileSettings(isStrict: settings.isStrict) : settings
        if let owner = edit.owner {
            settings.owner = try number(owner, users.uid(ofUser:), "user")
        }
        if let group = edit.group {
            settings.group = try number(group, users.gid(ofGroup:), "group")
        }
        if let mode = edit.mode {
            guard let bits = FileSettings.mode(mode) else {
                throw .invalidParameter(
                    "'\(mode)' can't be the mode of a secret's files: \(FileSettings.modeRule)")
            }
            settings.mode = bits
        }
        if let isStrict = edit.isStrict { settings.isStrict = isStrict }
        return settings
    }

    /// A name's number, or the number that was given, as chown(1) takes them: a name that is all digits goes first.
    private func number(
        _ text: String, _ lookUp: (String) -> UInt32?, _ kind: String
    ) throws(ServiceError) -> UInt32 {
        if !text.isEmpty, let number = lookUp(text) { return number }
        if !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt32(text),
            number != .max
        {
            return number
        }
        throw .invalidParameter(
            "this machine knows no \(kind) '\(text)'; create the \(kind) first, or give its number")
    }
}

extension AuditedEvent {
    /// How a secret's files are shown was changed.
    static let putFileSettings = AuditedEvent(name: "PutFileSettings", isReadOnly: false)
}
