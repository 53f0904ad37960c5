/// A statement to be put into a policy, as `coffer allow` and `coffer deny` make it: without conditions.
public struct StatementDraft: Sendable {
    public var effect: PolicyEffect
    public var principals: [PolicyPrincipal]
    public var actions: [Action]
    /// Patterns over the names of secrets; empty for the secret that the policy hangs on.
    public var resources: [String]
    /// The statement's name; one is made where it is nil.
    public var sid: String?

    public init(
        _ effect: PolicyEffect, _ principals: [PolicyPrincipal], _ actions: [Action],
        on resources: [String] = [],
        sid: String? = nil
    ) {
        self.effect = effect
        self.principals = principals
        self.actions = actions
        self.resources = resources
        self.sid = sid
    }

    /// What reading a secret takes: what `coffer allow` allows unless told otherwise.
    public static let readActions: [Action] = [
        .getSecretValue, .batchGetSecretValue, .describeSecret, .listSecretVersionIds,
    ]

    /// What `coffer allow --write` allows besides: new secrets, new versions and moving labels, but not deleting.
    public static let writeActions: [Action] = [
        .createSecret, .putSecretValue, .updateSecret, .updateSecretVersionStage,
    ]
}

extension StatementDraft {
    /// Whether a statement says the same, whatever its Sid.
    func isSame(_ statement: PolicyStatement) -> Bool {
        statement.effect == effect && statement.conditions.isEmpty && !statement.principals.isNegated
            && Set(statement.principals.principals) == (principals.contains(.any) ? [.any] : Set(principals))
            && statement.actions == ActionSet(actions)
            && statement.resources?.isNegated != true
            && Set(statement.resources?.patterns.map(\.text) ?? []) == Set(resources)
    }

    func json(sid: String) -> JSONValue {
        .members(
            ("Sid", .string(sid)), ("Effect", .string(effect.rawValue)), ("Principal", principalJSON),
            ("Action", Self.oneOrMany(actions.map { .string($0.name) })),
            ("Resource", resources.isEmpty ? nil : Self.oneOrMany(resources.map { .string($0) })))
    }

    private var principalJSON: JSONValue {
        if principals.contains(.any) { return "*" }
        var kinds: [JSONMember] = []
        for principal in principals {
            let (kind, value): (String, String) =
                switch principal {
                case .user(let name): ("User", name)
                case .uid(let number): ("UID", String(number))
                case .group(let name): ("Group", name)
                case .gid(let number): ("GID", String(number))
                case .any: preconditionFailure("everybody was answered above")
                }
            if let index = kinds.firstIndex(where: { $0.name == kind }) {
                kinds[index].value = .array((kinds[index].value.array ?? []) + [.string(value)])
            } else {
                kinds.append(JSONMember(kind, [.string(value)]))
            }
        }
        return .object(kinds.map { JSONMember($0.name, Self.oneOrMany($0.value.array ?? [])) })
    }

    private static func oneOrMany(_ values: [JSONValue]) -> JSONValue {
        values.count == 1 ? values[0] : .array(values)
    }

    /// A Sid that no other statement has: `AllowWwwData`, `AllowWwwData2`, … and `AllowUID1`, `AllowUID1No2`, …
    func freeSid(beside taken: Set<String>) -> String {
        let subject: String =
            switch principals.first {
            case .user(let name), .group(let name): name.asIdentifier
            case .uid(let number): "UID\(number)"
            case .gid(let number): "GID\(number)"
            case .any, nil: "Everybody"
            }
        let base = effect.rawValue + subject.prefix(64)
        // A second statement about UID 1 must not look like one about UID 12.
        let joint = base.last?.isNumber == true ? "No" : ""
        var sid = base
        var number = 2
        while taken.contains(sid) {
            sid = "\(base)\(joint)\(number)"
            number += 1
        }
        return sid
    }
}

extension String {
    /// The letters and digits, each word with a capital.
    fileprivate var asIdentifier: String {
        var result = ""
        for word in split(whereSeparator: { !($0.isASCII && ($0.isLetter || $0.isNumber)) }) {
            result += word.prefix(1).uppercased() + word.dropFirst()
        }
        return result
    }
}
