public import CofferCore
internal import KeyService

/// What DescribeSecret tells of a secret: everything but its value.
public struct SecretDescription: Sendable {
    public let record: SecretRecord
    private let storeID: String
    private let lastAccessedDay: UInt32

    init(record: SecretRecord, storeID: String, lastAccessedDay: UInt32) {
        self.record = record
        self.storeID = storeID
        self.lastAccessedDay = lastAccessedDay
    }

    /// The secret's name in the form of AWS's ARNs: `arn:coffer:secretsmanager:local:<store id>:secret:<name>`.
    public var arn: String { Self.arn(of: record.name, storeID: storeID) }

    static func arn(of name: SecretName, storeID: String) -> String {
        "arn:coffer:secretsmanager:local:\(storeID):secret:\(name.text)"
    }

    /// The answer as JSON, with AWS's names of the fields; dates in seconds, as the AWS JSON protocol has them.
    public var json: JSONValue { json(date: { .number($0.secondsText) }) }

    /// The text of `metadata.json`: the same, dates as RFC 3339, for people.
    public var fileText: String { json(date: { .string($0.text) }).prettyText + "\n" }

    private func json(date: (Timestamp) -> JSONValue) -> JSONValue {
        var members: [JSONMember] = [
            JSONMember("ARN", .string(arn)),
            JSONMember("Name", .string(record.name.text)),
        ]
        if !record.description.isEmpty {
            members.append(JSONMember("Description", .string(record.description)))
        }
        if let key = record.keyID { members.append(JSONMember("KmsKeyId", .string(key.text))) }
        members.append(JSONMember("RotationEnabled", .bool(false)))
        members.append(JSONMember("CreatedDate", date(record.created)))
        members.append(JSONMember("LastChangedDate", date(record.changed)))
        if lastAccessedDay > 0 {
            members.append(
                JSONMember("LastAccessedDate", date(Timestamp(seconds: Int64(lastAccessedDay) * 86_400))))
        }
        if let deletion = record.deletion { members.append(JSONMember("DeletedDate", date(deletion))) }
        if let settings = record.fileSettings.json { members.append(JSONMember("FileSettings", settings)) }
        members.append(JSONMember("Tags", .array(tags)))
        members.append(JSONMember("VersionIdsToStages", .object(stages)))
        return .object(members)
    }

    private var tags: [JSONValue] {
        record.tags.sorted { $0.key < $1.key }.map { tag in
            .object([JSONMember("Key", .string(tag.key)), JSONMember("Value", .string(tag.value))])
        }
    }

    private var stages: [JSONMember] {
        record.versions.filter { !$0.stages.isEmpty }.map { version in
            JSONMember(version.id.text, .array(version.stages.map { .string($0.text) }))
        }
    }
}

extension VersionRecord {
    /// The id of the key that sealed it, for who has no other business with keys.
    public var keyText: String { content.keyID.text }
}

extension Timestamp {
    /// Seconds since the epoch with milliseconds, as the AWS JSON protocol writes dates.
    public var secondsText: String {
        var bytes: [UInt8] = []
        bytes.appendDecimal(seconds)
        bytes.append(UInt8(ascii: "."))
        bytes.appendDecimal(millisecondOfSecond, digits: 3)
        return String(decoding: bytes, as: UTF8.self)
    }
}
