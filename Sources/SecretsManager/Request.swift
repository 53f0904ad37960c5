internal import AuditTrail
internal import CofferCore
internal import Synchronization

/// One request on its way through the manager: who asks, when, and what /proc tells of them.
struct Request {
    let caller: Caller
    let facts: ProcessFacts
    let time: Timestamp
    /// Joins the audit records of one request.
    let number: UInt64
}

/// What an audit record says beside who asked for which operation.
struct AuditDetails {
    var secretID: String?
    var versionID: String?
    var versionStage: String?
    var member: String?
    var parameters: [(name: String, value: String)] = []
}

extension SecretsManager {
    func request(from caller: Caller) -> Request {
        Request(
            caller: caller, facts: ProcessFacts(of: caller), time: configuration.clock(),
            number: requestNumber.add(1, ordering: .relaxed).newValue)
    }

    /// Writes the record of an operation that is about to succeed, or of one that was refused.
    ///
    /// Throws `auditUnavailable` where the trail can't be written: then nothing may be served.
    func record(
        _ event: AuditedEvent, of request: Request, _ details: AuditDetails, failure: ServiceError? = nil
    ) throws(ServiceError) {
        if wasRecorded(request.caller, isRefusal: failure != nil) { return }
        let event = AuditEvent(
            time: request.time, name: event.name, source: event.source, caller: request.caller,
            executable: request.facts.executable(), secretID: details.secretID, versionID: details.versionID,
            versionStage: details.versionStage, member: details.member, parameters: details.parameters,
            errorCode: failure?.recordedCode, errorMessage: failure?.message, requestID: request.number,
            isReadOnly: event.isReadOnly)
        do {
            try trail.append(event) { sequence in
                guard request.caller.request != 0, let journal = configuration.journal else { return }
                if let sequence {
                    journal.noteRecord(sequence, isRefusal: failure != nil, of: request.caller.request)
                } else {
                    journal.withdrawRecord(of: request.caller.request)
                }
            }
        } catch {
            throw .auditUnavailable(
                "the audit trail can't be written, so nothing is served: \(error.message)")
        }
    }

    /// Whether a process that ended before it could answer had written the record of this request, with the same outcome.
    private func wasRecorded(_ caller: Caller, isRefusal: Bool) -> Bool {
        guard caller.isResent, let journal = configuration.journal else { return false }
        return journal.records(of: caller.request).contains {
            $0.isRefusal == isRefusal && $0.sequence <= trail.openedAfter
        }
    }

    /// Whether a process that ended before it could answer this request had committed the change that it asked for.
    public func wasCommitted(request: UInt64) -> Bool {
        configuration.journal?.changes(of: request).contains { $0 <= openedRevision } ?? false
    }

    /// Runs a read: what the body prepares is recorded before it is handed out, and a refusal is recorded too.
    func read<Result>(
        _ event: AuditedEvent, by request: Request, _ details: inout AuditDetails,
        _ body: (inout AuditDetails) throws(ServiceError) -> Result
    ) throws(ServiceError) -> Result {
        let result: Result
        do {
            result = try body(&details)
        } catch {
            try record(event, of: request, details, failure: error)
            throw error
        }
        try record(event, of: request, details)
        return result
    }
}

/// An event's names in the audit trail.
struct AuditedEvent {
    var name: String
    var source: String
    var isReadOnly: Bool

    init(_ action: Action) {
        name = action.eventName
        source = action.service
        isReadOnly = action.isReadOnly
    }

    init(name: String, isReadOnly: Bool) {
        self.name = name
        source = "coffer"
        self.isReadOnly = isReadOnly
    }

    /// A file was opened for writing; the version that comes of it has a record of its own.
    static let openDraft = AuditedEvent(name: "OpenDraft", isReadOnly: true)
    /// A name was asked for, on the mount, by somebody who may not see it.
    static let lookUp = AuditedEvent(name: "LookUp", isReadOnly: true)
    /// A secret whose recovery window had passed was deleted for good.
    static let endSecretDelete = AuditedEvent(name: "EndSecretVersionDelete", isReadOnly: false)
}
