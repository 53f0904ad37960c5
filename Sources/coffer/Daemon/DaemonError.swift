internal import ControlSocket
internal import Fuse
internal import KeyService
internal import SecretMemory
internal import SecretStore
internal import SecretsManager
internal import Supervision

/// Why the daemon could not start; each says what to do.
enum DaemonError: Error {
    case mountPoint(MountPointProblem)
    case memory(SecretMemoryError)
    case store(StoreError, path: String)
    case keys(KeyServiceError)
    case load(LoadError)
    case session(SessionError)
    case socket(ControlSocketError)
    case system(String)

    var message: String {
        switch self {
        case .mountPoint(let problem): problem.message
        case .memory(let error): error.description
        case .store(let error, let path): "\(path): \(error.description)"
        case .keys(let error): error.message
        case .load(let error): error.message
        case .session(let error): error.description
        case .socket(let error): error.message
        case .system(let text): text
        }
    }
}
