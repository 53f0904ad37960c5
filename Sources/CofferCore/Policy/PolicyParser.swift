/// Reads the elements of a policy, strictly: what is not known is refused, with its place and what there is instead.
struct PolicyParser {
    private let bytes: [UInt8]
    private let scope: PolicyScope

    init(_ text: String, scope: PolicyScope) {
        bytes = Array(text.utf8)
        self.scope = scope
    }

    func parse() throws(PolicyError) -> [PolicyStatement] {
        let root: JSONNode
        do {
            root = try JSONNode(parsing: bytes, duplicateNames: .refused)
        } catch {
            throw PolicyError(line: error.line, column: error.column, reason: .syntax(error.what))
        }
        let elements = try members(
            of: root, known: ["Version", "Id", "Statement"], "a policy is a JSON object")
        guard let version = elements["Version"] else {
            throw failure(root, "a policy says \"Version\": \"\(PolicyDocument.version)\"; add it")
        }
        guard case .string(PolicyDocument.version) = version.value.content else {
            throw failure(
                version.value, "the Version must be \"\(PolicyDocument.version)\"; there is no other here")
        }
        if let id = elements["Id"] { _ = try string(id.value, "the Id") }
        guard let list = elements["Statement"] else {
            throw failure(root, "a policy has a \"Statement\": a list of statements, which may be empty")
        }
        var statements: [PolicyStatement] = []
        var sids: Set<String> = []
        for node in Self.elements(of: list.value) {
            let (statement, sidNode) = try self.statement(node)
            if let sid = statement.sid, let sidNode, !sids.insert(sid).inserted {
                throw failure(sidNode, "another statement has the Sid '\(sid)' already; choose another")
            }
            statements.append(statement)
        }
        return statements
    }

    private func statement(_ node: JSONNode) throws(PolicyError) -> (PolicyStatement, sid: JSONNode?) {
        let known = [
            "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource",
            "Condition",
        ]
        let elements = try members(of: node, known: known, "a statement is a JSON object")
        let sid = elements["Sid"]?.value
        guard let effectNode = elements["Effect"]?.value else {
            throw failure(node, "this statement has no Effect; add \"Effect\": \"Allow\" or \"Deny\"")
        }
        guard case .string(let effectText) = effectNode.content,
            let effect = PolicyEffect(rawValue: effectText)
        else {
            throw failure(effectNode, "an Effect is \"Allow\" or \"Deny\"")
        }
        guard let principal = try either("Principal", elements) else {
            throw failure(
                node,
                "this statement says nobody it is about; add a Principal, such as {\"User\": \"www-data\"}")
        }
        guard let action = try either("Action", elements) else {
            throw failure(
                node, "this statement has no Action; add one, such as \"secretsmanager:GetSecretValue\"")
        }
        let resource = try either("Resource", elements)
        if resource == nil, scope == .store {
            throw failure(
                node,
                "a statement of the store's policy has a Resource: names of secrets, such as \"prod/web/*\"")
        }
        return (
            PolicyStatement(
                sid: try sid.map(self.sid), effect: effect,
                principals: try principals(principal.node, isNegated: principal.isNegated),
                actions: try actions(action.node, isNegated: action.isNegated),
                resources: try resource.map(resources),
                conditions: try elements["Condition"].map(\.value).map(conditions) ?? [],
                line: position(node).line),
            sid
        )
    }

    /// The element of this name or the one with Not before it; nil where there is neither.
    private func either(
        _ name: String, _ elements: [String: JSONNode.Member]
    ) throws(PolicyError) -> (node: JSONNode, isNegated: Bool)? {
        guard let negated = elements["Not" + name] else { return elements[name].map { ($0.value, false) } }
        guard elements[name] == nil else {
            throw failure(
                at: negated.nameOffset, "a statement has \(name) or Not\(name), not both; remove one")
        }
        return (negated.value, true)
    }

    private func sid(_ node: JSONNode) throws(PolicyError) -> String {
        let text = try string(node, "a Sid")
        guard (1...128).contains(text.utf8.count),
            text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f })
        else { throw failure(node, "a Sid has 1 to 128 printable characters") }
        return text
    }

    private func actions(_ node: JSONNode, isNegated: Bool) throws(PolicyError) -> ActionSet {
        var set = ActionSet()
        for (text, node) in try strings(node, "an action") {
            let pattern = WildcardPattern(text.lowercased())
            let matching = Action.allCases.filter { pattern.matches($0.name.lowercased()) }
            if matching.isEmpty {
                throw failure(
                    node,
                    pattern.isLiteral
                        ? .unknownAction(
                            text, nearest: Spelling.nearest(to: text, among: Action.allCases.map(\.name)))
                        : .invalid("'\(text)' matches no action; docs/policies.md lists them"))
            }
            for action in matching { set.insert(action) }
        }
        if isNegated { set = set.inverted }
        guard !set.isEmpty else {
            throw failure(node, "this NotAction leaves no action; the statement would say nothing")
        }
        return set
    }

    private func resources(_ resource: (node: JSONNode, isNegated: Bool)) throws(PolicyError) -> ResourceMatch
    {
        var patterns: [WildcardPattern] = []
        for (text, node) in try strings(resource.node, "a resource") {
            if text.hasPrefix("arn:") {
                throw failure(
                    node,
                    "resources are names of secrets here, not ARNs; write a name such as prod/db or prod/*")
            }
            if let bad = text.first(where: { !$0.isPatternCharacter }) {
                throw failure(
                    node,
                    "'\(bad)' is in no secret's name; a resource is made of A-Z a-z 0-9 / _ + = . @ - and the wildcards * and ?"
                )
            }
            patterns.append(WildcardPattern(text))
        }
        return ResourceMatch(patterns: patterns, isNegated: resource.isNegated)
    }
}

// What the parts of the parser share.
extension PolicyParser {
    /// The members of an object by their names, each of which must be known.
    func members(
        of node: JSONNode, known: [String], _ what: String
    ) throws(PolicyError) -> [String: JSONNode.Member] {
        guard case .object(let members) = node.content else { throw failure(node, what) }
        var result: [String: JSONNode.Member] = [:]
        for member in members {
            guard known.contains(member.name) else {
                throw failure(at: member.nameOffset, .unknownElement(member.name, known: known))
            }
            result[member.name] = member
        }
        return result
    }

    /// The strings of a list, or the one that stands there without a list.
    func strings(_ node: JSONNode, _ what: String) throws(PolicyError) -> [(text: String, node: JSONNode)] {
        let elements = Self.elements(of: node)
        guard !elements.isEmpty else { throw failure(node, "this list is empty; name \(what)") }
        var result: [(String, JSONNode)] = []
        for element in elements {
            let text = try string(element, what)
            guard !text.isEmpty else { throw failure(element, "\(what) is not empty") }
            result.append((text, element))
        }
        return result
    }

    func string(_ node: JSONNode, _ what: String) throws(PolicyError) -> String {
        guard case .string(let text) = node.content else {
            throw failure(node, "\(what) is a string in double quotes")
        }
        return text
    }

    static func elements(of node: JSONNode) -> [JSONNode] {
        if case .array(let elements) = node.content { elements } else { [node] }
    }

    func position(_ node: JSONNode) -> TextPosition { TextPosition(of: node.offset, in: bytes) }

    func failure(_ node: JSONNode, _ what: String) -> PolicyError { failure(at: node.offset, .invalid(what)) }

    func failure(_ node: JSONNode, _ reason: PolicyError.Reason) -> PolicyError {
        failure(at: node.offset, reason)
    }

    func failure(at offset: Int, _ what: String) -> PolicyError { failure(at: offset, .invalid(what)) }

    func failure(at offset: Int, _ reason: PolicyError.Reason) -> PolicyError {
        let position = TextPosition(of: offset, in: bytes)
        return PolicyError(line: position.line, column: position.column, reason: reason)
    }
}

extension Character {
    /// Whether it may stand in a Resource: what secrets' names are made of, and the wildcards.
    fileprivate var isPatternCharacter: Bool {
        guard let byte = asciiValue, self != "\r\n" else { return false }
        return switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "/_+=.@-*?".utf8.contains(byte)
        }
    }
}
