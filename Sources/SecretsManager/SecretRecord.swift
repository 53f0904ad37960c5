public import CofferCore
public import KeyService

/// What is known of one member of a version that is a JSON object: enough to list it and to read it without
/// parsing the value again. Its name stands in the secret's table of member names.
public struct MemberRecord: Sendable, Equatable {
    /// The member's number in its secret's table, 1…: it stays the same in every version.
    public var number: UInt16
    /// Whether the member is a JSON string, which reads as its text; anything else reads as JSON.
    public var isString: Bool
    /// Where the member's token begins in the value, in bytes (a string's opening quote).
    public var start: UInt32
    /// The token's length in the value, in bytes.
    public var length: UInt32
    /// The size of the member's file, in bytes.
    public var size: UInt32
}

/// What is known of a version's value without opening it.
public struct ContentRecord: Sendable, Equatable {
    /// The size of the value, in bytes.
    public var size: UInt32
    /// Whether it is text (AWS: SecretString) or binary (AWS: SecretBinary).
    public var isText: Bool
    /// The key that sealed it.
    public var keyID: KeyID
    /// A keyed hash of the sealed value, which shows that the row was edited, swapped or put back.
    public var digest: [UInt8]
    /// The members, where the value is a JSON object, in their order there; empty otherwise.
    public var members: [MemberRecord]
    /// Whether the value is a JSON object (one may be without members).
    public var isObject: Bool
}

/// One version of a secret.
public struct VersionRecord: Sendable, Equatable {
    /// The version's number within its secret, 1…; never used again.
    public var sequence: UInt32
    /// The version's id (AWS: VersionId).
    public var id: VersionID
    /// When it was made (AWS: CreatedDate).
    public var created: Timestamp
    /// The labels it bears; a version without one is deprecated.
    public var stages: [StagingLabel]
    /// When one of its labels last came or went.
    public var stagesChanged: Timestamp
    /// What is known of the value.
    public var content: ContentRecord
}

/// A secret's metadata: what lies sealed in the store, and in memory for every secret. Never a value.
public struct SecretRecord: Sendable, Equatable {
    /// The secret's number in the store, 1…; never used again.
    public var serial: UInt32
    public var name: SecretName
    public var description: String
    /// The key that seals new versions; nil for the default key (AWS: KmsKeyId).
    public var keyID: KeyID?
    public var created: Timestamp
    public var changed: Timestamp
    /// The day of the last read, in days since the epoch; 0 if it was never read (AWS: LastAccessedDate).
    public var lastAccessedDay: UInt32
    /// When it will be deleted for good, if its deletion is scheduled (AWS: DeletedDate).
    public var deletion: Timestamp?
    /// Tags by key; AWS allows 50.
    public var tags: [String: String]
    /// The resource policy's text as it was given.
    public var policy: String?
    /// The versions that are kept, oldest first.
    public var versions: [VersionRecord]
    /// The sequence of the next version.
    public var nextSequence: UInt32
    /// Every member name that a version of this secret ever had; a member's number is its index here plus one.
    public var memberNames: [String]
    /// Every label of the user's own that this secret ever had; a label's number follows from its index here.
    public var labelNames: [StagingLabel]
    /// How its files are shown and read.
    public var fileSettings: FileSettings

    /// A secret without a version.
    public init(serial: UInt32, name: SecretName, created: Timestamp) {
        self.serial = serial
        self.name = name
        self.description = ""
        self.keyID = nil
        self.created = created
        self.changed = created
        self.lastAccessedDay = 0
        self.deletion = nil
        self.tags = [:]
        self.policy = nil
        self.versions = []
        self.nextSequence = 1
        self.memberNames = []
        self.labelNames = []
        self.fileSettings = .standard
    }

    /// The version that bears a label.
    public func version(labelled label: StagingLabel) -> VersionRecord? {
        versions.first { $0.stages.contains(label) }
    }

    /// The version with an id.
    public func version(id: VersionID) -> VersionRecord? { versions.first { $0.id == id } }

    /// The version with a sequence; the versions are sorted by it.
    public func version(sequence: UInt32) -> VersionRecord? {
        versions.last { $0.sequence == sequence }
    }

    /// A member's number in this secret, if any version ever had it.
    public func memberNumber(_ name: String) -> UInt16? {
        memberNames.firstIndex(of: name).map { UInt16($0 + 1) }
    }

    /// A member's name by its number.
    public func memberName(_ number: UInt16) -> String? {
        number >= 1 && Int(number) <= memberNames.count ? memberNames[Int(number) - 1] : nil
    }

    /// Every label in use, with its version.
    public var labels: [(label: StagingLabel, version: VersionRecord)] {
        versions.flatMap { version in version.stages.map { ($0, version) } }
    }
}

// The sealed form: a format byte and then the fields in the order below.
extension SecretRecord {
    private static let format: UInt8 = 1

    /// The bytes that are sealed into the store (docs/store-format.md, "Secret record").
    public var encoded: [UInt8] {
        var writer = BinaryWriter()
        writer.write(Self.format)
        writer.write(varint: UInt64(serial))
        writer.write(name.text)
        writer.write(description)
        writer.write(optional: keyID) { $0.write($1.text) }
        writer.write(created)
        writer.write(changed)
        writer.write(varint: UInt64(lastAccessedDay))
        writer.write(optional: deletion) { $0.write($1) }
        writer.write(each: tags.sorted { $0.key < $1.key }) {
            $0.write($1.key)
            $0.write($1.value)
        }
        writer.write(optional: policy) { $0.write($1) }
        writer.write(varint: UInt64(nextSequence))
        writer.write(each: memberNames) { $0.write($1) }
        writer.write(each: labelNames) { $0.write($1.text) }
        writer.write(varint: UInt64(versions.count))
        var before: VersionRecord?
        for version in versions {
            version.write(to: &writer, after: before)
            before = version
        }
        fileSettings.write(to: &writer)
        return writer.bytes
    }

    /// Reads what `encoded` wrote.
    public init(decoding bytes: [UInt8]) throws(BinaryFormatError) {
        var reader = BinaryReader(bytes)
        let format = try reader.readByte()
        guard format == Self.format else {
            throw BinaryFormatError(
                offset: 0, expected: "a secret record of format \(Self.format) instead of \(format)")
        }
        let serial: UInt32 = try reader.readInteger()
        guard let name = try? SecretName(try reader.readText()) else {
            throw BinaryFormatError(offset: 0, expected: "a secret's name")
        }
        let description = try reader.readText()
        let keyID = try reader.readOptional { reader throws(BinaryFormatError) in try reader.readKeyID() }
        self.init(serial: serial, name: name, created: try reader.readTimestamp())
        self.description = description
        self.keyID = keyID
        changed = try reader.readTimestamp()
        lastAccessedDay = try reader.readInteger()
        deletion = try reader.readOptional { reader throws(BinaryFormatError) in try reader.readTimestamp() }
        let pairs = try reader.readArray { reader throws(BinaryFormatError) in
            (try reader.readText(), try reader.readText())
        }
        tags = Dictionary(pairs, uniquingKeysWith: { $1 })
        policy = try reader.readOptional { reader throws(BinaryFormatError) in try reader.readText() }
        nextSequence = try reader.readInteger()
        memberNames = try reader.readArray { reader throws(BinaryFormatError) in try reader.readText() }
        labelNames = try reader.readArray { reader throws(BinaryFormatError) in try reader.readLabel() }
        var before: VersionRecord?
        versions = try reader.readArray { reader throws(BinaryFormatError) in
            let version = try VersionRecord(from: &reader, after: before)
            before = version
            return version
        }
        fileSettings = try FileSettings(from: &reader)
        guard reader.isAtEnd else {
            throw BinaryFormatError(offset: bytes.count, expected: "the end of the record")
        }
    }
}

// A secret has up to a hundred versions, and each change writes them all: so times are told from the version's creation,
// a UUID and a key take 16 bytes, and the key is named once for many.
extension VersionRecord {
    private enum Flag {
        static let isText: UInt8 = 1
        static let isObject: UInt8 = 2
        /// The id is a UUID, and stands as 16 bytes.
        static let hasUUID: UInt8 = 4
        /// The key is that of the version before.
        static let hasSameKey: UInt8 = 8
    }

    fileprivate func write(to writer: inout BinaryWriter, after before: VersionRecord?) {
        let uuid = id.uuid
        let hasSameKey = before?.content.keyID == content.keyID
        writer.write(varint: UInt64(sequence))
        writer.write(
            (content.isText ? Flag.isText : 0) | (content.isObject ? Flag.isObject : 0)
                | (uuid != nil ? Flag.hasUUID : 0) | (hasSameKey ? Flag.hasSameKey : 0))
        if let uuid { writer.write(raw: uuid.span) } else { writer.write(id.text) }
        if !hasSameKey { writer.write(raw: content.keyID.bytes.span) }
        writer.write(created)
        writer.write(signed: stagesChanged.milliseconds - created.milliseconds)
        writer.write(each: stages) { $0.write($1.text) }
        writer.write(varint: UInt64(content.size))
        writer.write(content.digest)
        writer.write(each: content.members) { writer, member in
            writer.write(varint: UInt64(member.number) << 1 | (member.isString ? 1 : 0))
            writer.write(varint: UInt64(member.start))
            writer.write(varint: UInt64(member.length))
            writer.write(varint: UInt64(member.size))
        }
    }

    fileprivate init(
        from reader: inout BinaryReader, after before: VersionRecord?
    ) throws(BinaryFormatError) {
        sequence = try reader.readInteger()
        let flags = try reader.readByte()
        if flags & Flag.hasUUID != 0 {
            id = VersionID(uuid: try reader.readRaw())
        } else {
            guard let id = VersionID(try reader.readText()) else {
                throw BinaryFormatError(offset: 0, expected: "a version id")
            }
            self.id = id
        }
        let keyID: KeyID
        if flags & Flag.hasSameKey != 0 {
            guard let before else { throw BinaryFormatError(offset: 0, expected: "a key's id") }
            keyID = before.content.keyID
        } else {
            keyID = KeyID(try reader.readRaw())
        }
        created = try reader.readTimestamp()
        stagesChanged = Timestamp(milliseconds: created.milliseconds &+ (try reader.readSigned()))
        stages = try reader.readArray { reader throws(BinaryFormatError) in try reader.readLabel() }
        let size: UInt32 = try reader.readInteger()
        let digest = try reader.readBlob()
        let members = try reader.readArray { reader throws(BinaryFormatError) in
            let head = try reader.readInteger(UInt32.self)
            return MemberRecord(
                number: UInt16(truncatingIfNeeded: head >> 1), isString: head & 1 == 1,
                start: try reader.readInteger(), length: try reader.readInteger(),
                size: try reader.readInteger())
        }
        content = ContentRecord(
            size: size, isText: flags & Flag.isText != 0, keyID: keyID, digest: digest, members: members,
            isObject: flags & Flag.isObject != 0)
    }
}

extension BinaryReader {
    fileprivate mutating func readLabel() throws(BinaryFormatError) -> StagingLabel {
        guard let label = try? StagingLabel(try readText()) else {
            throw BinaryFormatError(offset: 0, expected: "a staging label")
        }
        return label
    }

    fileprivate mutating func readKeyID() throws(BinaryFormatError) -> KeyID {
        guard let id = KeyID(try readText()) else {
            throw BinaryFormatError(offset: 0, expected: "a key's id")
        }
        return id
    }
}
