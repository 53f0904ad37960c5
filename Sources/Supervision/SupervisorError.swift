package import Fuse
package import SecretMemory

/// Why a mount could not be held; each says what to do.
package enum SupervisorError: Error {
    case mountPoint(MountPointProblem)
    case memory(SecretMemoryError)
    case session(SessionError)
    case system(String)

    package var message: String {
        switch self {
        case .mountPoint(let problem): problem.message
        case .memory(let error): error.description
        case .session(let error): error.description
        case .system(let text): text
        }
    }
}
