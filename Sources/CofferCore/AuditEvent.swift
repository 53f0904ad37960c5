/// One thing that was done or refused, as the audit trail records it. Never a value, never a key.
///
/// The fields are named as CloudTrail names them. The trail adds the event's place in the chain and its eventID.
public struct AuditEvent: Sendable {
    /// When it happened (eventTime).
    public var time: Timestamp
    /// What was asked for (eventName), such as `GetSecretValue`.
    public var name: String
    /// The service whose operation it was (eventSource): `secretsmanager`, `kms` or `coffer`.
    public var source: String
    /// Who asked (userIdentity: uid, gid, pid, and the door as `via`).
    public var caller: Caller
    /// The path of the caller's executable (userIdentity.executable); nil where it can't be established.
    public var executable: String?
    /// The secret's name (requestParameters.secretId).
    public var secretID: String?
    /// The version that was read or made (requestParameters.versionId).
    public var versionID: String?
    /// The stage by which it was asked for (requestParameters.versionStage).
    public var versionStage: String?
    /// The member of a JSON object that was opened (requestParameters.member).
    public var member: String?
    /// Further request parameters, in this order.
    public var parameters: [(name: String, value: String)]
    /// Why it was refused or failed (errorCode), AWS's name of the error; nil for a success.
    public var errorCode: String?
    /// What went wrong, in words (errorMessage).
    public var errorMessage: String?
    /// Joins the records of one request (requestID): a change that fails after its record was written has a second one.
    public var requestID: UInt64
    /// Whether the operation changes nothing (readOnly).
    public var isReadOnly: Bool

    public init(
        time: Timestamp, name: String, source: String, caller: Caller, executable: String? = nil,
        secretID: String? = nil, versionID: String? = nil, versionStage: String? = nil, member: String? = nil,
        parameters: [(name: String, value: String)] = [], errorCode: String? = nil,
        errorMessage: String? = nil,
        requestID: UInt64, isReadOnly: Bool
    ) {
        self.time = time
        self.name = name
        self.source = source
        self.caller = caller
        self.executable = executable
        self.secretID = secretID
        self.versionID = versionID
        self.versionStage = versionStage
        self.member = member
        self.parameters = parameters
        self.errorCode = errorCode
        self.errorMessage = errorMessage
        self.requestID = requestID
        self.isReadOnly = isReadOnly
    }
}
