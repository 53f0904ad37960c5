public import AuditTrail
public import CofferCore
internal import KeyService
internal import Synchronization

// The audit trail and the daemon's state, for who may look at them.
extension SecretsManager {
    /// Records of the trail that match: the first `limit` after the number `sequence`, or the last `limit` if it is nil.
    ///
    /// Looking is recorded too, except where only such looks are found: else who follows the trail would follow
    /// himself.
    ///
    /// - Returns: the records in order, and the number to ask after to go on from there.
    public func lookupEvents(
        _ caller: Caller, filter: AuditFilter, after sequence: UInt64?, limit: Int
    ) throws(ServiceError) -> (records: [AuditRecord], next: UInt64) {
        let request = request(from: caller)
        let event = AuditedEvent(.lookupEvents)
        let details = AuditDetails(secretID: nil, parameters: filter.parameters(after: sequence))
        let answer: (records: [AuditRecord], next: UInt64)
        do {
            try authorize(.lookupEvents, by: request)
            answer = try events(filter, after: sequence, limit: limit)
        } catch {
            try record(event, of: request, details, failure: error)
            throw error
        }
        let isFollowing = sequence != nil && answer.records.allSatisfy(\.isLookup)
        if !isFollowing { try record(event, of: request, details) }
        return answer
    }

    private func events(
        _ filter: AuditFilter, after sequence: UInt64?, limit: Int
    ) throws(ServiceError) -> (records: [AuditRecord], next: UInt64) {
        // Before the search: a record that is added meanwhile is then found the next time.
        let last = trail.checkpoint.sequence
        let records: [AuditRecord]
        do {
            records = try trail.records(matching: filter, after: sequence, limit: limit)
        } catch {
            throw .auditUnavailable(error.message)
        }
        let isCut = sequence != nil && records.count == limit
        return (records, isCut ? records.last?.sequence ?? last : max(last, records.last?.sequence ?? 0))
    }

    /// Checks the whole trail, from its first record.
    public func verifyTrail(_ caller: Caller) throws(ServiceError) -> VerificationReport {
        let request = request(from: caller)
        var details = AuditDetails()
        return try read(AuditedEvent(.verifyTrail), by: request, &details) { _ throws(ServiceError) in
            try authorize(.verifyTrail, by: request)
            do {
                return try trail.verify(key: try keys.auditKey())
            } catch let error as AuditError {
                throw .auditUnavailable(error.message)
            } catch let error as KeyServiceError {
                throw ServiceError(error)
            } catch {
                throw .internalServiceError("the audit trail could not be checked")
            }
        }
    }

    /// Throws unless the caller may be told the daemon's state.
    public func authorizeStatus(_ caller: Caller) throws(ServiceError) {
        let request = request(from: caller)
        var details = AuditDetails()
        try read(AuditedEvent(.getStatus), by: request, &details) { _ throws(ServiceError) in
            try authorize(.getStatus, by: request)
        }
    }

    /// Throws unless the caller may have a password made; it belongs to no secret. AWS operation: GetRandomPassword.
    public func authorizeRandomPassword(_ caller: Caller, length: Int) throws(ServiceError) {
        let request = request(from: caller)
        var details = AuditDetails(parameters: [("passwordLength", String(length))])
        try read(AuditedEvent(.getRandomPassword), by: request, &details) { _ throws(ServiceError) in
            try authorize(.getRandomPassword, by: request)
        }
    }

    /// The number of the last audit record.
    public var auditSequence: UInt64 { trail.checkpoint.sequence }
}

extension AuditRecord {
    /// Whether it is of a look at the trail. In a record no text can look like a field: its quotes are escaped.
    fileprivate var isLookup: Bool { line.contains(#""eventName":"LookupEvents""#) }
}

extension AuditFilter {
    /// What the record of a look at the trail says of it.
    fileprivate func parameters(after sequence: UInt64?) -> [(name: String, value: String)] {
        [
            ("secretPattern", secretPattern), ("subjectUid", uid.map { String($0) }),
            ("since", since?.text), ("until", until?.text), ("outcome", outcome.map { "\($0)" }),
            ("lookupEventName", eventName), ("after", sequence.map { String($0) }),
        ].compactMap { pair in pair.1.map { (pair.0, $0) } }
    }
}
