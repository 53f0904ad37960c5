extension PolicyParser {
    /// Reads a Condition: operators, under each of them keys, and under each key a value or a list.
    func conditions(_ node: JSONNode) throws(PolicyError) -> [PolicyCondition] {
        guard case .object(let operators) = node.content else {
            throw failure(
                node,
                "a Condition is an object such as {\"StringEquals\": {\"coffer:VersionStage\": \"AWSCURRENT\"}}"
            )
        }
        var conditions: [PolicyCondition] = []
        for member in operators {
            let (comparison, ifExists) = try conditionOperator(member)
            guard case .object(let keys) = member.value.content, !keys.isEmpty else {
                throw failure(
                    member.value, "under \(member.name) stands an object of condition keys and their values")
            }
            for keyMember in keys {
                guard let key = ConditionKey(keyMember.name) else {
                    throw failure(
                        at: keyMember.nameOffset, .unknownKey(keyMember.name, known: ConditionKey.names))
                }
                try check(comparison, suits: key, at: keyMember.nameOffset)
                let values = try conditionValues(keyMember.value)
                conditions.append(
                    PolicyCondition(
                        comparison: comparison, ifExists: ifExists, key: key, values: values.map(\.text),
                        test: try test(comparison, key, values)))
            }
        }
        // What has to be looked up in the caller's process is asked for last.
        return conditions.filter { !$0.key.isFact } + conditions.filter(\.key.isFact)
    }

    private func conditionOperator(
        _ member: JSONNode.Member
    ) throws(PolicyError) -> (ConditionOperator, ifExists: Bool) {
        if member.name.hasPrefix("ForAnyValue:") || member.name.hasPrefix("ForAllValues:") {
            throw failure(
                at: member.nameOffset,
                "no condition key has several values here; write the operator without ForAnyValue and ForAllValues"
            )
        }
        let ifExists = member.name.hasSuffix("IfExists")
        let name = ifExists ? String(member.name.dropLast("IfExists".count)) : member.name
        guard let comparison = ConditionOperator(rawValue: name), !(ifExists && comparison == .null) else {
            throw failure(
                at: member.nameOffset,
                .unknownOperator(member.name, known: ConditionOperator.allCases.map(\.rawValue)))
        }
        return (comparison, ifExists)
    }

    private func check(
        _ comparison: ConditionOperator, suits key: ConditionKey, at offset: Int
    ) throws(PolicyError) {
        guard comparison.family != .null, !key.families.contains(comparison.family) else { return }
        let suitable = ConditionOperator.allCases.filter { key.families.contains($0.family) || $0 == .null }
        throw failure(
            at: offset,
            "\(comparison.rawValue) doesn't suit \(key.name); use \(suitable.map(\.rawValue).joined(separator: ", "))"
        )
    }

    private func conditionValues(_ node: JSONNode) throws(PolicyError) -> [(text: String, node: JSONNode)] {
        var values: [(String, JSONNode)] = []
        for element in Self.elements(of: node) {
            switch element.content {
            case .string(let text):
                guard !text.contains("${") else {
                    throw failure(
                        element, "there are no policy variables (${…}) here; write the value itself")
                }
                values.append((text, element))
            case .number(let text): values.append((text, element))
            case .bool(let value): values.append((value ? "true" : "false", element))
            case .null, .array, .object:
                throw failure(element, "a condition's value is a string, a number or a boolean")
            }
        }
        guard !values.isEmpty else { throw failure(node, "this list is empty; give a value to compare with") }
        return values
    }

    private func test(
        _ comparison: ConditionOperator, _ key: ConditionKey, _ values: [(text: String, node: JSONNode)]
    ) throws(PolicyError) -> ConditionTest {
        switch comparison.family {
        case .string:
            return .texts(try read(values) { text throws(PolicyError.Reason) in try key.checkedText(text) })
        case .pattern:
            return .patterns(values.map { WildcardPattern($0.text) })
        case .number:
            return .numbers(
                try read(values) { text throws(PolicyError.Reason) in
                    guard let number = Double(decimal: text) else { throw .invalid("'\(text)' is no number") }
                    return number
                })
        case .date:
            return .times(
                try read(values) { text throws(PolicyError.Reason) in
                    guard let time = Timestamp(condition: text) else {
                        throw .invalid(
                            "'\(text)' is no date; write one such as 2026-11-24T01:02:03Z, or seconds since 1970"
                        )
                    }
                    return time.milliseconds
                })
        case .bool: return .booleans(try read(values, Self.boolean))
        case .null: return .absence(try read(values, Self.boolean))
        }
    }

    private func read<Value>(
        _ values: [(text: String, node: JSONNode)], _ body: (String) throws(PolicyError.Reason) -> Value
    ) throws(PolicyError) -> [Value] {
        var result: [Value] = []
        for (text, node) in values {
            do {
                result.append(try body(text))
            } catch {
                throw failure(node, error)
            }
        }
        return result
    }

    private static func boolean(_ text: String) throws(PolicyError.Reason) -> Bool {
        guard let value = Bool(text) else { throw .invalid("'\(text)' is neither \"true\" nor \"false\"") }
        return value
    }
}

extension PolicyError.Reason: Error {}

extension ConditionKey {
    /// A value as StringEquals compares it; refuses one that no request could ever have.
    fileprivate func checkedText(_ text: String) throws(PolicyError.Reason) -> String {
        switch self {
        case .versionStage:
            do {
                return try StagingLabel(text).text
            } catch {
                throw .invalid(error.message)
            }
        case .via:
            guard Caller.Door.allNames.contains(text) else {
                throw .invalid(
                    "'\(text)' is no way in; there are \(Caller.Door.allNames.joined(separator: ", "))")
            }
            return text
        case .executable, .cgroup:
            guard text.hasPrefix("/") else {
                throw .invalid("'\(text)' is no whole path: it begins with '/'")
            }
            return text
        case .resourceTag, .currentTime, .epochTime, .uid: return text
        }
    }
}

extension Caller.Door {
    static let allNames = ["mount", "socket", "daemon"]

    /// The way in, as coffer:Via has it.
    var name: String { Self.allNames[Int(rawValue)] }
}
