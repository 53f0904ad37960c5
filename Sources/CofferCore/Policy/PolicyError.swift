/// Why a text is not a policy, and where.
public struct PolicyError: Error, Equatable, Sendable {
    /// What is wrong.
    public enum Reason: Equatable, Sendable {
        /// The text is no JSON.
        case syntax(String)
        /// An element that policies don't have.
        case unknownElement(String, known: [String])
        /// An action that Coffer doesn't have.
        case unknownAction(String, nearest: String?)
        /// A condition operator that Coffer doesn't have.
        case unknownOperator(String, known: [String])
        /// A condition key that Coffer doesn't have.
        case unknownKey(String, known: [String])
        /// A user that this machine doesn't know.
        case unknownUser(String)
        /// A group that this machine doesn't know.
        case unknownGroup(String)
        /// Anything else, in words.
        case invalid(String)
    }

    /// The line, counted from 1.
    public var line: Int
    /// The character in the line, counted from 1.
    public var column: Int
    /// What is wrong there.
    public var reason: Reason

    /// Where, what, and what to do, for people.
    public var message: String { "line \(line), column \(column): \(reason.message)" }
}

extension PolicyError.Reason {
    /// What is wrong and what to do, for people.
    public var message: String {
        switch self {
        case .syntax(let what): return what
        case .unknownElement(let name, let known):
            return "there is no element '\(name)' here; there are \(known.joined(separator: ", "))"
        case .unknownAction(let name, nil):
            return
                "'\(name)' is no action; docs/policies.md lists them, such as secretsmanager:GetSecretValue"
        case .unknownAction(let name, let nearest?):
            return "'\(name)' is no action; the nearest is \(nearest)"
        case .unknownOperator(let name, let known):
            return
                "'\(name)' is no condition operator; there are \(known.joined(separator: ", ")), each with IfExists too"
        case .unknownKey(let name, let known):
            return "'\(name)' is no condition key; there are \(known.joined(separator: ", "))"
        case .unknownUser(let name):
            return "this machine knows no user '\(name)'; create the user first, or write {\"UID\": \"…\"}"
        case .unknownGroup(let name):
            return "this machine knows no group '\(name)'; create the group first, or write {\"GID\": \"…\"}"
        case .invalid(let what): return what
        }
    }
}
