import Testing

@testable import CofferCore

/// A statement as the test draws it, and decides it in its own slow way.
private struct ModelStatement {
    var isDeny: Bool
    var principals: [String]
    var isNotPrincipal: Bool
    var actions: [String]
    var isNotAction: Bool
    var resources: [String]?
    var isNotResource: Bool
    var condition: (comparison: String, key: String, value: String)?

    init(using random: inout SeededGenerator) {
        func pick<Element>(_ choices: [Element], _ random: inout SeededGenerator) -> Element {
            choices[Int.random(in: 0..<choices.count, using: &random)]
        }
        func some(_ choices: [String], _ random: inout SeededGenerator) -> [String] {
            (0..<Int.random(in: 1...2, using: &random)).map { _ in pick(choices, &random) }
        }
        isDeny = Int.random(in: 0..<3, using: &random) == 0
        isNotPrincipal = Int.random(in: 0..<5, using: &random) == 0
        principals =
            isNotPrincipal || Bool.random(using: &random)
            ? some(["u1", "u2", "u3", "g1", "g2", "g3"], &random) : ["*"]
        actions = some(
            ["secretsmanager:GetSecretValue", "secretsmanager:*", "kms:Decrypt", "secretsmanager:Get*"],
            &random)
        isNotAction = Int.random(in: 0..<5, using: &random) == 0
        resources =
            Int.random(in: 0..<5, using: &random) == 0
            ? nil : some(["*", "a/*", "a/b", "?/b", "*b", "c"], &random)
        isNotResource = resources != nil && Int.random(in: 0..<5, using: &random) == 0
        if Bool.random(using: &random) {
            condition = (
                pick(["StringEquals", "StringNotEquals", "StringEqualsIfExists"], &random),
                pick(["coffer:Executable", "aws:ResourceTag/t", "coffer:VersionStage"], &random),
                pick(["/x", "/y"], &random)
            )
            if condition?.key == "coffer:VersionStage" {
                condition?.value = pick(["AWSCURRENT", "canary"], &random)
            }
        }
    }

    var json: String {
        func list(_ texts: [String]) -> String {
            "[" + texts.map { "\"\($0)\"" }.joined(separator: ",") + "]"
        }
        var whom = "\"*\""
        if principals != ["*"] {
            let uids = principals.filter { $0.hasPrefix("u") }.map { String($0.dropFirst()) }
            let gids = principals.filter { $0.hasPrefix("g") }.map { String($0.dropFirst()) }
            let kinds = [("UID", uids), ("GID", gids)].filter { !$0.1.isEmpty }
            whom = "{" + kinds.map { "\"\($0.0)\": \(list($0.1))" }.joined(separator: ",") + "}"
        }
        var parts = [
            "\"Effect\": \"\(isDeny ? "Deny" : "Allow")\"",
            "\"\(isNotPrincipal ? "Not" : "")Principal\": \(whom)",
            "\"\(isNotAction ? "Not" : "")Action\": \(list(actions))",
        ]
        if let resources { parts.append("\"\(isNotResource ? "Not" : "")Resource\": \(list(resources))") }
        if let condition {
            parts.append(
                "\"Condition\": {\"\(condition.comparison)\": {\"\(condition.key)\": \"\(condition.value)\"}}"
            )
        }
        return "{\(parts.joined(separator: ", "))}"
    }

    /// Every way in which what isn't known could be; the statement applies surely if it does in all of them.
    func applies(_ world: ModelWorld, isStore: Bool) -> Bool {
        var named = principals.contains("*")
        for principal in principals {
            let number = UInt32(principal.dropFirst())
            if principal.hasPrefix("u"), number == world.uid { named = true }
            if principal.hasPrefix("g"), let number, world.gid == number || world.groups.contains(number) {
                named = true
            }
        }
        if named == isNotPrincipal { return false }
        if actions.contains(where: { fits($0, world.action) }) == isNotAction { return false }
        if let resources {
            if resources.contains(where: { fits($0, world.resource) }) == isNotResource { return false }
        } else if isStore, !world.storeResource {
            return false
        }
        guard let condition else { return true }
        let actual: String? =
            switch condition.key {
            case "coffer:Executable": world.executable
            case "aws:ResourceTag/t": world.tag
            default: world.stage
            }
        switch condition.comparison {
        case "StringEquals": return actual == condition.value
        case "StringNotEquals": return actual != condition.value
        default: return actual == nil || actual == condition.value
        }
    }

    private func fits(_ pattern: String, _ text: String) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        if first == "*" {
            return (0...text.count).contains { fits(String(pattern.dropFirst()), String(text.dropFirst($0))) }
        }
        guard let character = text.first, first == "?" || first == character else { return false }
        return fits(String(pattern.dropFirst()), String(text.dropFirst()))
    }
}

/// A state of affairs in which everything is known.
private struct ModelWorld {
    var uid: UInt32
    var gid: UInt32
    var groups: [UInt32]
    var action: String
    var resource: String
    var executable: String?
    var tag: String?
    var stage: String?
    /// What a store statement without Resource is taken to match.
    var storeResource: Bool
}

@Suite("Policies at random")
struct PolicyPropertyTests {
    @Test("Random policies decide as a slow model does, which tries every state of what isn't known")
    func agreesWithModel() throws {
        var random = SeededGenerator(seed: 1234)
        var seen: [String: Int] = [:]
        for _ in 0..<300 {
            let store = (0..<Int.random(in: 0...4, using: &random)).map { _ in ModelStatement(using: &random)
            }
            let secret = (0..<Int.random(in: 0...3, using: &random)).map { _ in ModelStatement(using: &random)
            }
            let storePolicy = try Self.policy(store)
            let secretPolicy = try Self.policy(secret)
            for _ in 0..<6 {
                let (request, worlds) = Self.question(using: &random)
                let expected = Self.decide(store, secret, worlds)
                let all = PolicyEvaluator.decide(
                    request, store: storePolicy.statements, secret: secretPolicy.statements)
                #expect(Self.name(all) == expected)
                let applicable = storePolicy.applicable(to: try SecretName(request.resource))
                let some = PolicyEvaluator.decide(request, store: applicable, secret: secretPolicy.statements)
                #expect(some == all)
                seen[expected, default: 0] += 1
                if PolicyEvaluator.isAllowedToEveryone(
                    request.action, store: applicable, secret: secretPolicy.statements)
                {
                    #expect(expected.hasPrefix("allowed"))
                    seen["everybody", default: 0] += 1
                }
            }
        }
        for kind in ["notAllowed", "everybody"] { #expect(seen[kind, default: 0] > 20) }
        #expect(seen.filter { $0.key.hasPrefix("denied") }.values.reduce(0, +) > 200)
        #expect(seen.filter { $0.key.hasPrefix("allowed") }.values.reduce(0, +) > 200)
    }

    private static func policy(_ statements: [ModelStatement]) throws -> CompiledPolicy {
        let text = policyText(statements.map(\.json).joined(separator: ","))
        return try PolicyDocument(parsing: text).resolved(by: TestResolver())
    }

    private static func name(_ decision: Decision) -> String {
        switch decision {
        case .allowed(let by): "allowed \(by.source) \(by.index)"
        case .denied(let by): "denied \(by.source) \(by.index)"
        case .notAllowed: "notAllowed"
        case .allowedAsOwner: "owner"
        }
    }

    private static func decide(_ store: [ModelStatement], _ secret: [ModelStatement], _ worlds: [ModelWorld])
        -> String
    {
        func first(_ isDeny: Bool, _ statements: [ModelStatement], isStore: Bool) -> Int? {
            statements.firstIndex { statement in
                guard statement.isDeny == isDeny else { return false }
                return isDeny
                    ? worlds.contains { statement.applies($0, isStore: isStore) }
                    : worlds.allSatisfy { statement.applies($0, isStore: isStore) }
            }
        }
        if let index = first(true, store, isStore: true) { return "denied store \(index)" }
        if let index = first(true, secret, isStore: false) { return "denied secret \(index)" }
        if let index = first(false, store, isStore: true) { return "allowed store \(index)" }
        if let index = first(false, secret, isStore: false) { return "allowed secret \(index)" }
        return "notAllowed"
    }

    private static func question(using random: inout SeededGenerator) -> (PolicyRequest, [ModelWorld]) {
        let actions: [Action] = [.getSecretValue, .describeSecret, .kmsDecrypt]
        let action = actions[Int.random(in: 0..<3, using: &random)]
        let uid = UInt32.random(in: 1...4, using: &random)
        let gid = UInt32.random(in: 1...4, using: &random)
        let resource = ["a/b", "a/c", "c", "d"][Int.random(in: 0..<4, using: &random)]
        let groups: [UInt32]? = Bool.random(using: &random) ? nil : [UInt32.random(in: 1...4, using: &random)]
        let executable: String? = Bool.random(using: &random) ? nil : "/x"
        let tag: String? = Bool.random(using: &random) ? nil : "/y"
        let stage: StagingLabel? = Bool.random(using: &random) ? nil : .current
        let isStageKnown = stage != nil || Bool.random(using: &random)
        let request = request(
            uid: uid, gid: gid, action, resource, stage: stage, isStageKnown: isStageKnown,
            tags: tag.map { ["t": $0] } ?? [:], facts: TestFacts(groups: groups, executable: executable))
        // A fact that can't be established could be anything, also nothing: that is what makes IfExists unknown too.
        let possibleGroups: [[UInt32]] =
            groups.map { [$0] }
            ?? (0..<8).map { bits in (1...3).filter { bits >> ($0 - 1) & 1 == 1 }.map { UInt32($0) } }
        let possibleExecutables = executable.map { [$0] } ?? ["/x", "/y", "/z", nil]
        let possibleStages = isStageKnown ? [stage?.text] : ["AWSCURRENT", "canary", "other", nil]
        var worlds: [ModelWorld] = []
        for groups in possibleGroups {
            for executable in possibleExecutables {
                for stage in possibleStages {
                    for storeResource in [false, true] {
                        worlds.append(
                            ModelWorld(
                                uid: uid, gid: gid, groups: groups, action: action.name, resource: resource,
                                executable: executable, tag: tag, stage: stage, storeResource: storeResource))
                    }
                }
            }
        }
        return (request, worlds)
    }
}
