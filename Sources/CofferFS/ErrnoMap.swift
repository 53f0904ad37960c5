internal import Fuse
internal import SecretMemory
internal import SecretsManager

// The one place where the manager's errors become errnos; docs/filesystem.md has the same table.
extension Errno {
    init(_ error: ServiceError) {
        self =
            switch error {
            case .resourceNotFound, .concealed: .noSuchFileOrDirectory
            case .resourceExists: .fileExists
            case .invalidParameter, .malformedPolicyDocument, .invalidNextToken: .invalidArgument
            case .invalidRequest, .publicPolicy: .notPermitted
            case .limitExceeded: .diskQuotaExceeded
            case .preconditionNotMet: .stale
            case .accessDenied, .keyUnavailable: .permissionDenied
            case .encryptionFailure, .decryptionFailure, .auditUnavailable, .internalServiceError: .ioError
            case .valueTooLarge: .fileTooLarge
            case .storeFull, .outOfGuardedMemory: .noSpace
            case .storeReadOnly: .readOnlyFileSystem
            }
    }
}

extension ServiceError {
    /// Whether the operator should hear of it: the store, the trail or the memory fails, not the caller.
    var isFault: Bool {
        switch self {
        case .encryptionFailure, .decryptionFailure, .auditUnavailable, .internalServiceError, .storeFull,
            .storeReadOnly, .outOfGuardedMemory:
            true
        case .resourceNotFound, .concealed, .resourceExists, .invalidParameter, .invalidRequest,
            .invalidNextToken,
            .limitExceeded, .malformedPolicyDocument, .publicPolicy, .preconditionNotMet, .accessDenied,
            .keyUnavailable, .valueTooLarge:
            false
        }
    }
}
