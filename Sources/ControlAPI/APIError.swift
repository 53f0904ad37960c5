internal import SecretMemory
internal import SecretsManager

/// Why a request got no answer: what is wrong with it as a message, or what the manager says.
enum APIError: Error {
    /// There is no operation of this name.
    case unknownOperation(String)
    /// The message is no JSON object, or a member has the wrong type.
    case serialization(String)
    /// The operation was refused or failed.
    case service(ServiceError)

    /// A value that AWS's rules refuse.
    static func invalidParameter(_ text: String) -> APIError { .service(.invalidParameter(text)) }

    init(_ error: SecretMemoryError) {
        self = .service(.outOfGuardedMemory("no guarded memory is left: \(error.description)"))
    }

    /// The error's name: AWS's where AWS has it.
    var code: String {
        switch self {
        case .unknownOperation: "UnknownOperationException"
        case .serialization: "SerializationException"
        case .service(let error): error.code
        }
    }

    /// What went wrong and what to do, for people.
    var message: String {
        switch self {
        case .unknownOperation(let text), .serialization(let text): text
        case .service(let error): error.message
        }
    }

    /// The HTTP status: 400 where the request is at fault, 500 where the store, the trail or the machine is.
    var status: Int {
        switch self {
        case .unknownOperation, .serialization: 400
        case .service(let error):
            switch error {
            case .storeFull, .storeReadOnly, .auditUnavailable, .outOfGuardedMemory, .internalServiceError:
                500
            case .resourceNotFound, .concealed, .resourceExists, .invalidParameter, .invalidRequest,
                .invalidNextToken,
                .limitExceeded, .malformedPolicyDocument, .publicPolicy, .preconditionNotMet, .accessDenied,
                .encryptionFailure, .decryptionFailure, .keyUnavailable, .valueTooLarge:
                400
            }
        }
    }
}

/// Runs what the manager does, and puts its errors into the API's.
func service<Result: ~Copyable>(
    _ body: () throws(ServiceError) -> Result
) throws(APIError) -> Result {
    do { return try body() } catch { throw .service(error) }
}
