extension PolicyParser {
    /// Reads a Principal: `"*"`, or an object of User, UID, Group and GID with a value or a list each.
    func principals(_ node: JSONNode, isNegated: Bool) throws(PolicyError) -> PrincipalMatch {
        if case .string("*") = node.content {
            guard !isNegated else {
                throw failure(node, "a NotPrincipal of everybody is about nobody; name users or groups")
            }
            return PrincipalMatch(principals: [.any], isNegated: false, positions: [position(node)])
        }
        let elements = try members(
            of: node, known: ["User", "UID", "Group", "GID"],
            "a Principal is \"*\" or an object such as {\"User\": \"www-data\"}")
        var principals: [PolicyPrincipal] = []
        var positions: [TextPosition] = []
        for name in ["User", "UID", "Group", "GID"] {
            guard let member = elements[name] else { continue }
            let values = Self.elements(of: member.value)
            guard !values.isEmpty else { throw failure(member.value, "this list is empty; name a principal") }
            for value in values {
                principals.append(try principal(name, value))
                positions.append(position(value))
            }
        }
        guard !principals.isEmpty else {
            throw failure(
                node,
                "this names nobody; write {\"User\": \"www-data\"}, {\"Group\": \"db\"}, or \"*\" for everybody"
            )
        }
        return PrincipalMatch(principals: principals, isNegated: isNegated, positions: positions)
    }

    private func principal(_ kind: String, _ node: JSONNode) throws(PolicyError) -> PolicyPrincipal {
        let text: String
        switch node.content {
        case .string(let value): text = value
        case .number(let value) where kind == "UID" || kind == "GID": text = value
        case .null, .bool, .number, .array, .object:
            throw failure(node, "a \(kind) is a string in double quotes")
        }
        if text == "*" { throw failure(node, "write \"Principal\": \"*\" for everybody") }
        switch kind {
        case "UID", "GID":
            guard let number = PolicyPrincipal.number(text) else {
                throw failure(
                    node, "a \(kind) is a number from 0 to 4294967294; a name belongs in User or Group")
            }
            return kind == "UID" ? .uid(number) : .gid(number)
        default:
            guard PolicyPrincipal.isName(text) else {
                throw failure(
                    node,
                    "'\(text)' is no name of a \(kind == "User" ? "user" : "group"); wildcards are none here")
            }
            return kind == "User" ? .user(text) : .group(text)
        }
    }
}
