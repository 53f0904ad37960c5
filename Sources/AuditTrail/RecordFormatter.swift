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
    mutating func append(_ event: borrowing AuditEvent, sequence: UInt64, to line: inout LineBuffer) {
        line.append("{\"eventVersion\":\"1.0\",\"sequence\":")
        line.appendNumber(sequence)
        line.append(",\"eventTime\":\"")
        append(event.time, to: &line)
        line.append("\",\"eventSource\":")
        line.appendQuoted(event.source)
        line.append(",\"eventName\":")
        line.appendQuoted(event.name)
        Self.appendIdentity(event, to: &line)
        Self.appendParameters(event, to: &line)
        if let errorCode = event.errorCode {
            line.append(",\"errorCode\":")
            line.appendQuoted(errorCode)
        }
        if let errorMessage = event.errorMessage {
            line.append(",\"errorMessage\":")
            line.appendQuoted(errorMessage)
        }
        line.append(",\"requestID\":\"")
        line.appendHex(event.requestID, digits: 16)
        line.append("\",\"eventID\":\"")
        trailID.appendEventID(of: sequence, to: &line)
        line.append(event.isReadOnly ? "\",\"readOnly\":true" : "\",\"readOnly\":false")
    }

    /// Appends `,"chain":"…"}` and the end of the line.
    static func appendChain(_ value: ChainValue, to line: inout LineBuffer) {
        line.append(",\"chain\":\"")
        value.appendHex(to: &line)
        line.append("\"}\n")
    }

    private mutating func append(_ time: Timestamp, to line: inout LineBuffer) {
        let second = time.seconds
        if second != self.second {
            self.second = second
            secondText.removeAll(keepingCapacity: true)
            time.write(to: &secondText)
            secondText.removeLast(4)
        }
        // "…:05.004Z": only the last four characters change within a second.
        let millisecond = UInt8(truncatingIfNeeded: time.millisecondOfSecond % 100)
        var rest = InlineArray<4, UInt8>(repeating: UInt8(ascii: "Z"))
        rest[0] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: time.millisecondOfSecond / 100)
        rest[1] = UInt8(ascii: "0") + millisecond / 10
        rest[2] = UInt8(ascii: "0") + millisecond % 10
        line.append(secondText.span)
        line.append(rest.span)
    }

    private static func appendIdentity(_ event: borrowing AuditEvent, to line: inout LineBuffer) {
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
            line.appendQuoted(executable)
        }
        switch event.caller.door {
        case .mount: line.append(",\"via\":\"mount\"}")
        case .socket: line.append(",\"via\":\"socket\"}")
        case .daemon: line.append(",\"via\":\"daemon\"}")
        }
    }

    private static func appendParameters(_ event: borrowing AuditEvent, to line: inout LineBuffer) {
        line.append(",\"requestParameters\":{")
        let start = line.count
        if let secretID = event.secretID {
            line.append("\"secretId\":")
            line.appendQuoted(secretID)
        }
        if let versionID = event.versionID {
            line.append(line.count == start ? "\"versionId\":" : ",\"versionId\":")
            line.appendQuoted(versionID)
        }
        if let versionStage = event.versionStage {
            line.append(line.count == start ? "\"versionStage\":" : ",\"versionStage\":")
            line.appendQuoted(versionStage)
        }
        if let member = event.member {
            line.append(line.count == start ? "\"member\":" : ",\"member\":")
            line.appendQuoted(member)
        }
        for parameter in event.parameters {
            if line.count > start { line.append(UInt8(ascii: ",")) }
            line.appendQuoted(parameter.name)
            line.append(UInt8(ascii: ":"))
            line.appendQuoted(parameter.value)
        }
        line.append(UInt8(ascii: "}"))
    }
}
