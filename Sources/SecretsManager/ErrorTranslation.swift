internal import CofferCore
internal import KeyService
internal import SecretMemory
internal import SecretStore

// What the layers below report, in AWS's terms. Each switch names every case, so that a new one must be placed.
extension ServiceError {
    init(_ error: KeyServiceError) {
        switch error {
        case .keyDisabled, .keyPendingDeletion:
            self = .keyUnavailable(error.message)
        case .authenticationFailed, .malformed, .newerFormat:
            self = .decryptionFailure(error.message)
        case .keyNotFound:
            self = .invalidParameter(error.message)
        case .outOfMemory:
            self = .outOfGuardedMemory(error.message)
        case .wrongPassphrase, .wrongKeyFile, .keyFileUnreadable, .keyFileUnwritable, .noSuchSlot,
            .slotDamaged:
            self = .internalServiceError(error.message)
        }
    }

    /// The same for a value that was to be opened: where it is damaged, its secret and version are named.
    init(_ error: KeyServiceError, opening version: VersionRecord, of name: SecretName) {
        self = ServiceError(error)
        guard case .decryptionFailure(let reason) = self else { return }
        self = .decryptionFailure("the value of '\(name)', version \(version.id), can't be opened: \(reason)")
    }

    init(_ error: SecretMemoryError) {
        self = .outOfGuardedMemory("no guarded memory is left: \(error.description)")
    }

    init(_ error: StoreError) {
        switch error {
        case .full:
            self = .storeFull(error.description)
        case .readOnly:
            self = .storeReadOnly(error.description)
        case .damaged, .notAStore:
            self = .decryptionFailure(error.description)
        case .conflict:
            self = .preconditionNotMet(error.description)
        case .locked, .missing, .alreadyExists, .notEmpty, .newerFormat, .olderFormat, .busy,
            .permissionDenied,
            .closed, .io:
            self = .internalServiceError(error.description)
        }
    }
}
