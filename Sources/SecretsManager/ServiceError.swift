/// Why an operation was refused or failed, with AWS's names for the errors.
///
/// Each carries a sentence for people that names the thing and says what to do; never a secret's bytes.
public enum ServiceError: Error, Equatable, Sendable {
    case resourceNotFound(String)
    /// It is there, and the caller may not know: to them it isn't, in the trail it was refused.
    case concealed(String)
    case resourceExists(String)
    case invalidParameter(String)
    case invalidRequest(String)
    case invalidNextToken(String)
    case limitExceeded(String)
    case malformedPolicyDocument(String)
    case publicPolicy(String)
    case preconditionNotMet(String)
    case accessDenied(String)
    case encryptionFailure(String)
    case decryptionFailure(String)
    case keyUnavailable(String)
    case valueTooLarge(String)
    case storeFull(String)
    case storeReadOnly(String)
    case auditUnavailable(String)
    case outOfGuardedMemory(String)
    case internalServiceError(String)

    /// The disk below the store has not answered for a while, and others wait for it already.
    static let stalledStore = ServiceError.internalServiceError(
        "the disk below the store does not answer; nothing was changed: look at the disk, and try again")

    /// The error's name in the audit trail (errorCode): who is refused what they may not see was refused.
    var recordedCode: String {
        if case .concealed(let text) = self { return Self.accessDenied(text).code }
        return code
    }

    /// The error's name in the AWS JSON protocol.
    public var code: String {
        switch self {
        case .resourceNotFound, .concealed: "ResourceNotFoundException"
        case .resourceExists: "ResourceExistsException"
        case .invalidParameter, .valueTooLarge: "InvalidParameterException"
        case .invalidRequest: "InvalidRequestException"
        case .invalidNextToken: "InvalidNextTokenException"
        case .limitExceeded: "LimitExceededException"
        case .malformedPolicyDocument: "MalformedPolicyDocumentException"
        case .publicPolicy: "PublicPolicyException"
        case .preconditionNotMet: "PreconditionNotMetException"
        case .accessDenied: "AccessDeniedException"
        case .encryptionFailure: "EncryptionFailure"
        case .decryptionFailure: "DecryptionFailure"
        case .keyUnavailable: "DisabledException"
        case .storeFull: "StoreFullException"
        case .storeReadOnly: "StoreReadOnlyException"
        case .auditUnavailable: "AuditUnavailableException"
        case .outOfGuardedMemory: "OutOfGuardedMemoryException"
        case .internalServiceError: "InternalServiceError"
        }
    }

    /// What went wrong and what to do, for people.
    public var message: String {
        switch self {
        case .resourceNotFound(let text), .concealed(let text), .resourceExists(let text),
            .invalidParameter(let text),
            .invalidRequest(let text), .invalidNextToken(let text), .limitExceeded(let text),
            .malformedPolicyDocument(let text), .publicPolicy(let text), .preconditionNotMet(let text),
            .accessDenied(let text), .encryptionFailure(let text), .decryptionFailure(let text),
            .keyUnavailable(let text), .valueTooLarge(let text), .storeFull(let text),
            .storeReadOnly(let text),
            .auditUnavailable(let text), .outOfGuardedMemory(let text), .internalServiceError(let text):
            text
        }
    }
}
