public import CofferCore
internal import KeyService
public import SecretMemory
internal import SecretStore
internal import Synchronization

/// What a new secret is made of. AWS operation: CreateSecret.
public struct NewSecret: Sendable {
    public var name: SecretName
    public var description = ""
    /// The key that seals its versions; nil for the default key.
    public var keyID: String?
    public var tags: [String: String] = [:]
    /// How its files are shown and read, where that isn't left to the default.
    public var fileSettings = FileSettingsChange()
    /// The id of the first version; made at random where it is nil.
    public var token: VersionID?

    public init(name: SecretName) { self.name = name }
}

/// What CreateSecret and PutSecretValue answer.
public struct WrittenVersion: Sendable {
    public let secret: UInt32
    public let name: SecretName
    /// Nil where a secret was made without a value.
    public let version: VersionRecord?
    /// Whether the secret was made with it.
    public var isNewSecret = false
}

extension SecretsManager {
    /// The longest description, in characters.
    static let descriptionLimit = 2048
    /// The highest serial: an inode number has room for it.
    private static let highestSerial: UInt32 = 1 << 22 - 1

    /// Makes a secret, with its first version where there is a value, which gets AWSCURRENT.
    ///
    /// The same name again is an error, unless token and value are the same too. AWS operation: CreateSecret.
    /// - Parameter isText: whether it is a SecretString; nil to find out.
    public func createSecret(
        _ caller: Caller, _ new: NewSecret, value: borrowing SecretBytes?, isText: Bool? = nil
    ) throws(ServiceError) -> WrittenVersion {
        switch value {
        case .some(let value):
            let count = value.count
            guard count > 0 else {
                throw .invalidParameter(
                    "a value has at least 1 byte; leave it out to make '\(new.name)' without one")
            }
            return try unsafe value.withUnsafeBytes { bytes throws(ServiceError) in
                try unsafe create(caller, new, value: bytes, isText: isText)
            }
        case .none:
            return try unsafe create(caller, new, value: nil, isText: isText)
        }
    }

    private func create(
        _ caller: Caller, _ new: NewSecret, value: UnsafeRawBufferPointer?, isText: Bool?
    ) throws(ServiceError) -> WrittenVersion {
        let request = request(from: caller)
        let token = new.token ?? VersionID(random: Random.bytes(16))
        let details = AuditDetails(secretID: new.name.text, versionID: unsafe value == nil ? nil : token.text)
        return try change(AuditedEvent(.createSecret), by: request, details) {
            writer throws(ServiceError) -> Plan<WrittenVersion> in
            var new = new
            let givenToken = new.token
            new.token = token
            guard let existing = secret(named: new.name) else {
                guard let value = unsafe value else {
                    return try planSecret(new, value: nil, isText: isText, by: request, writer, details)
                }
                let span = unsafe value.assumingMemoryBound(to: UInt8.self).span
                return try planSecret(new, value: span, isText: isText, by: request, writer, details)
            }
            try authorize(.createSecret, on: new.name, by: request)
            guard unsafe try isRepetition(of: existing, token: givenToken, value: value) else {
                throw alreadyExists(existing)
            }
            return Plan(
                change: Change(),
                result: WrittenVersion(
                    secret: existing.record.serial, name: new.name,
                    version: existing.record.version(id: token)),
                details: details)
        }
    }

    /// The change that makes a secret, with a first version where there is a value.
    func planSecret(
        _ new: NewSecret, value: Span<UInt8>?, isText: Bool?, by request: Request, _ writer: WriterState,
        _ details: AuditDetails
    ) throws(ServiceError) -> Plan<WrittenVersion> {
        try authorize(.createSecret, on: new.name, by: request)
        var record = SecretRecord(serial: writer.manifest.nextSerial, name: new.name, created: request.time)
        guard record.serial <= Self.highestSerial else {
            throw .limitExceeded(
                "this store has had \(Self.highestSerial) secrets, the most there can be; make a new store")
        }
        try checkPlace(of: new.name)
        try fill(&record, from: new)
        var change = Change()
        if let value {
            let made = try addVersion(
                to: &record, value: value, id: new.token ?? VersionID(random: Random.bytes(16)),
                stages: [.current],
                isText: isText, at: request.time)
            change.valuePuts = [(ValueID(secret: record.serial, version: made.sequence), made.sealed)]
        }
        change.secrets = [(record, nil)]
        change.nextSerial = record.serial + 1
        change.announcements = [SecretChange(before: nil, after: record, affectsAccess: false)]
        return Plan(
            change: change,
            result: WrittenVersion(
                secret: record.serial, name: new.name, version: record.versions.first, isNewSecret: true),
            details: details)
    }

    private func fill(_ record: inout SecretRecord, from new: NewSecret) throws(ServiceError) {
        record.description = try checkedDescription(new.description)
        record.keyID = try keyID(new.keyID)
        record.tags = try checkedTags(new.tags)
        record.fileSettings = try edited(.standard, by: new.fileSettings)
    }

    /// A key by its id or alias; nil for the default key.
    func keyID(_ text: String?) throws(ServiceError) -> KeyID? {
        guard let text, !text.isEmpty, text != KeyID.defaultAlias else { return nil }
        guard let id = KeyID(text) else {
            throw .invalidParameter(
                "'\(text)' is no key's id, and no alias other than \(KeyID.defaultAlias) exists yet")
        }
        do {
            _ = try keys.keyState(id)
        } catch {
            throw ServiceError(error)
        }
        return id == keys.defaultKeyID ? nil : id
    }

    /// Throws where a name would collide with what the tree has already.
    private func checkPlace(of name: SecretName) throws(ServiceError) {
        let problem = state.withLock { state -> String? in
            if state.catalog.hasFolderCollision(name) {
                return "its folder's number is taken by another folder"
            }
            guard let slash = name.text.lastIndex(of: "/"),
                let parent = try? SecretName(String(name.text[..<slash])),
                let outer = state.catalog.secret(named: parent)
            else { return nil }
            let last = String(name.text[name.text.index(after: slash)...])
            return outer.record.labels.contains { $0.label.directoryName == last }
                ? "the secret '\(parent)' has a label '\(last)'" : nil
        }
        if let problem { throw .invalidParameter("'\(name)' can't be made: \(problem); choose another name") }
    }

    /// Whether a CreateSecret repeats the one that made the secret: the same token, the same value.
    private func isRepetition(
        of secret: Secret, token: VersionID?, value: UnsafeRawBufferPointer?
    ) throws(ServiceError) -> Bool {
        guard let token, let value = unsafe value, let version = secret.record.version(id: token),
            secret.record.deletion == nil
        else { return false }
        return try isSame(
            unsafe value.assumingMemoryBound(to: UInt8.self).span, as: version, of: secret.record)
    }

    /// Whether a value is the one that a version has. Compared inside the key service.
    func isSame(
        _ value: Span<UInt8>, as version: VersionRecord, of record: SecretRecord
    ) throws(ServiceError) -> Bool {
        guard value.count == Int(version.content.size) else { return false }
        let sealed = try sealedValue(of: record, version)
        do {
            return try keys.isSameValue(
                value, as: sealed.span,
                context: ValueContext(secret: record.serial, version: version.sequence))
        } catch {
            throw ServiceError(error, opening: version, of: record.name)
        }
    }

    func alreadyExists(_ secret: Secret) -> ServiceError {
        if let deletion = secret.record.deletion {
            return .invalidRequest(
                "a secret '\(secret.record.name)' is scheduled for deletion on \(deletion.text); `coffer restore` brings it back"
            )
        }
        return .resourceExists(
            "there is a secret '\(secret.record.name)' already; `coffer put` gives it a new version")
    }

    func checkedDescription(_ text: String) throws(ServiceError) -> String {
        guard text.count <= Self.descriptionLimit else {
            throw .invalidParameter(
                "a description has at most \(Self.descriptionLimit) characters; this one has \(text.count)")
        }
        return text
    }

    /// Tags as AWS allows them: 50, keys of 1 to 128 characters, values of 0 to 256, no key that begins with `aws:`.
    func checkedTags(_ tags: [String: String]) throws(ServiceError) -> [String: String] {
        guard tags.count <= 50 else {
            throw .invalidParameter("a secret has at most 50 tags; \(tags.count) were given")
        }
        for (key, value) in tags {
            guard (1...128).contains(key.count) else {
                throw .invalidParameter(
                    "a tag's key has 1 to 128 characters; '\(key.prefix(24))' has \(key.count)")
            }
            guard value.count <= 256 else {
                throw .invalidParameter(
                    "a tag's value has at most 256 characters; that of '\(key)' has \(value.count)")
            }
            guard !key.lowercased().hasPrefix("aws:") else {
                throw .invalidParameter("a tag's key doesn't begin with 'aws:'; '\(key)' does")
            }
        }
        return tags
    }
}
