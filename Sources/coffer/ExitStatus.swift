/// Why a command ended, as its exit status tells. The one map; docs/commands.md repeats it.
enum ExitStatus: Int32, CaseIterable {
    case success = 0
    case other = 1
    case usage = 2
    case notFound = 3
    case accessDenied = 4
    case conflict = 5
    case invalidInput = 6
    case storeTrouble = 7
    case unreachable = 8

    /// What the status means, for `--help`.
    var words: String {
        switch self {
        case .success: "done"
        case .other: "failed for another reason"
        case .usage: "the command line is wrong"
        case .notFound: "there is no such secret, version or member, or you may not see it"
        case .accessDenied: "you may see it, but not do this"
        case .conflict: "it exists already, or is not in the state that this takes"
        case .invalidInput: "a name, label, value, policy or other input is refused"
        case .storeTrouble: "the store, a key or the audit trail is in trouble"
        case .unreachable: "no daemon answers at the socket"
        }
    }

    /// The list for `coffer --help`.
    static var list: String {
        "EXIT STATUS:\n" + allCases.map { "  \($0.rawValue)  \($0.words)" }.joined(separator: "\n")
    }

    /// The status for an error's name in the AWS JSON protocol.
    init(errorName: String) {
        self =
            switch errorName {
            case "ResourceNotFoundException": .notFound
            case "AccessDeniedException": .accessDenied
            case "ResourceExistsException", "InvalidRequestException", "PreconditionNotMetException":
                .conflict
            case "InvalidParameterException", "InvalidNextTokenException", "LimitExceededException",
                "MalformedPolicyDocumentException", "PublicPolicyException", "SerializationException",
                "RequestTooLargeException":
                .invalidInput
            case "EncryptionFailure", "DecryptionFailure", "DisabledException", "StoreFullException",
                "StoreReadOnlyException", "AuditUnavailableException", "OutOfGuardedMemoryException",
                "InternalServiceError":
                .storeTrouble
            case "ServiceUnavailableException", "ThrottlingException": .unreachable
            default: .other
            }
    }
}

/// Why a command failed: a status, and a sentence that says what to do next.
struct CommandFailure: Error {
    let status: ExitStatus
    let message: String
    /// The error's name in the AWS JSON protocol, where the daemon gave one.
    let name: String?

    init(_ status: ExitStatus, _ message: String, name: String? = nil) {
        self.status = status
        self.message = message
        self.name = name
    }
}
