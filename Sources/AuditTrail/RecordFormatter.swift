import CofferCore

/// Writes events as lines of the log, up to the place where `,"chain"` follows. Allocates nothing once it is warm.
struct RecordFormatter {
    /// Bytes a line may have.
    static let lineLimit = 1 << 20

    let trailID: TrailID
    /// The second whose text is in `secondText`, up to and with the dot.
    private var second: Int64 = .min
    private var secondText: [UInt8] = []

    init(trailID: TrailID) { self.trailID = trailID }

    /// Appends `{"eventVersion":…,"readOnly":…` for the record number `sequence`.
    mutating func append(_ event: borrowing AuditEvent, sequence: UInt64, to line: inout [UInt8]) {
        line.append("{\"eventVersion\":\"1.0\",\"sequence\":")
        line.appendNumber(sequence)
        line.append(",\"eventTime\":\"")
        append(event.time, to: &line)
        line.append("\",\"eventSource\":")
        line.appendJSONString(event.source)
        line.append(",\"eventName\":")
        line.appendJSONString(event.name)
        Self.appendIdentity(event, to: &line)
        Self.appendParameters(event, to: &line)
        if let errorCode = event.errorCode {
            line.append(",\"errorCode\":")
            line.appendJSONString(errorCode)
        }
        if let errorMessage = event.errorMessage {
            line.append(",\"errorMessage\":")
            line.appendJSONString(errorMessage)
        }
        line.append(",\"requestID\":\"")
        line.appendHex(event.requestID, digits: 16)
        line.append("\",\"eventID\":\"")
        trailID.appendEventID(of: sequence, to: &line)
        line.append(event.isReadOnly ? "\",\"readOnly\":true" : "\",\"readOnly\":false")
    }

    /// Appends `,"chain":"…"}` and the end of the line.
    static func appendChain(_ value: ChainValue, to line: inout [UInt8]) {
        line.append(",\"chain\":\"")
        value.appendHex(to: &line)
        line.append("\"}\n")
    }

    private mutating func append(_ time: Timestamp, to line: inout [UInt8]) {
        let second = time.seconds
        if second != self.second {
            self.second = second
            secondText.removeAll(keepingCapacity: true)
            time.write(to: &secondText)
            secondText.removeLast(4)
        }
        line.append(contentsOf: secondText)
        line.appendDecimal(time.millisecondOfSecond, digits: 3)
        line.append(UInt8(ascii: "Z"))
    }

    private static func appendIdentity(_ event: borrowing AuditEvent, to line: inout [UInt8]) {
        switch event.caller.door {
        case .mount, .socket: line.append(",\"userIdentity\":{\"type\":\"LocalUser\",\"uid\":")
        case .daemon: line.append(",\"userIdentity\":{\"type\":\"Service\",\"uid\":")
        }
        line.appendNumber(UInt64(event.caller.uid))
        line.append(",\"gid\":")
        line.appendNumber(UInt64(event.caller.gid))
        line.append(",\"pid\":")
        line.appendNumber(UInt64(max(event.caller.pid, 0)))
        if let executable = event.executable {
            line.append(",\"executable\":")
            line.appendJSONString(executable)
        }
        switch event.caller.door {
        case .mount: line.append(",\"via\":\"mount\"}")
        case .socket: line.append(",\"via\":\"socket\"}")
        case .daemon: line.append(",\"via\":\"daemon\"}")
        }
    }

    private static func appendParameters(_ event: borrowing AuditEvent, to line: inout [UInt8]) {
        line.append(",\"requestParameters\":{")
        let start = line.count
        if let secretID = event.secretID {
            line.append("\"secretId\":")
            line.appendJSONString(secretID)
        }
        if let versionID = event.versionID {
            line.append(line.count == start ? "\"versionId\":" : ",\"versionId\":")
            line.appendJSONString(versionID)
        }
        if let versionStage = event.versionStage {
            line.append(line.count == start ? "\"versionStage\":" : ",\"versionStage\":")
            line.appendJSONString(versionStage)
        }
        if let member = event.member {
            line.append(line.count == start ? "\"member\":" : ",\"member\":")
            line.appendJSONString(member)
        }
        for parameter in event.parameters {
            if line.count > start { line.append(UInt8(ascii: ",")) }
            line.appendJSONString(parameter.name)
            line.append(UInt8(ascii: ":"))
            line.appendJSONString(parameter.value)
        }
        line.append(UInt8(ascii: "}"))
    }
}
