internal import AuditTrail
internal import CofferCore
internal import SecretMemory
internal import SecretsManager

// The audit trail and the daemon's own state: operations of ours.
extension ControlAPI {
    /// The lines of the trail that match, as they stand there.
    func lookupEvents(_ call: Call) throws(APIError) -> SecretBytes {
        let parameters = call.parameters
        let limit = try parameters.whole("MaxResults", in: 1...2000) ?? 100
        let after = try parameters.whole("After", in: 0...Int.max).map(UInt64.init)
        let filter = AuditFilter(
            secretPattern: try parameters.text("SecretPattern"),
            uid: try parameters.whole("UID", in: 0...Int(UInt32.max - 1)).map(UInt32.init),
            since: try parameters.time("StartTime"), until: try parameters.time("EndTime"),
            outcome: try Self.outcome(parameters), eventName: try parameters.text("EventName"))
        let found = try service { () throws(ServiceError) in
            try manager.lookupEvents(call.caller, filter: filter, after: after, limit: limit)
        }
        // The lines are JSON already, and are kept byte for byte: their chain is over the bytes.
        var text = Array(#"{"Events":["#.utf8)
        for (index, record) in found.records.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            text.append(contentsOf: record.line.utf8)
        }
        text.append(contentsOf: "],\"Next\":\(found.next)}".utf8)
        do { return try SecretBytes(copying: text.span) } catch { throw APIError(error) }
    }

    private static func outcome(_ parameters: Parameters) throws(APIError) -> AuditFilter.Outcome? {
        guard let text = try parameters.text("Outcome") else { return nil }
        guard let outcome = AuditFilter.Outcome.allCases.first(where: { "\($0)" == text }) else {
            throw .invalidParameter("Outcome is allowed, denied or failed; '\(text)' is not")
        }
        return outcome
    }

    /// Checks the whole trail.
    func verifyTrail(_ call: Call) throws(APIError) -> JSONValue {
        let report = try service { () throws(ServiceError) in try manager.verifyTrail(call.caller) }
        return .members(
            ("Intact", .bool(report.isIntact)), ("Records", .int(report.records)),
            ("FirstTime", report.firstTime.map { .number($0.secondsText) }),
            ("LastTime", report.lastTime.map { .number($0.secondsText) }),
            ("ProblemCount", .int(report.problemCount)),
            (
                "Problems",
                .array(
                    report.problems.map { problem in
                        .members(
                            ("Message", .string(problem.message)), ("Line", problem.line.map { .int($0) }),
                            ("Sequence", problem.sequence.map { .int($0) }))
                    })
            ))
    }

    /// What the daemon tells of itself, and what the manager adds.
    func getStatus(_ call: Call) throws(APIError) -> JSONValue {
        try service { () throws(ServiceError) in try manager.authorizeStatus(call.caller) }
        let own: [JSONMember] = [
            JSONMember("AuditSequence", .int(manager.auditSequence)),
            JSONMember("ValueLimitBytes", .int(manager.configuration.valueLimit)),
            JSONMember("OwnerUID", .int(manager.configuration.ownerUID)),
        ]
        return .object((status().object ?? []) + own)
    }
}
