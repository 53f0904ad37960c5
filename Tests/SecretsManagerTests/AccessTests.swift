import CofferCore
import SecretsManager
import Testing

@Suite("Who may do what")
struct AccessTests {
    private static let secretName = (try? SecretName("team/a"))!

    private func code(_ call: () throws -> Void) -> String? {
        do {
            try call()
            return nil
        } catch let error as ServiceError {
            return error.code
        } catch {
            return "\(error)"
        }
    }

    @Test("Nothing is allowed by default, to root neither; the owner of the store may what no Deny forbids")
    func defaults() throws {
        let vault = try Vault()
        try vault.create("team/a", "x")
        let serial = try vault.record("team/a").serial
        for caller in [Vault.alice, Vault.root] {
            #expect(code { _ = try vault.value("team/a", by: caller) } == "ResourceNotFoundException")
            #expect(vault.manager.view(serial, for: caller) == nil)
            #expect(vault.manager.entry(in: .root, named: "team", for: caller) == nil)
            #expect(vault.manager.entries(in: .root, after: 0, limit: 10, for: caller).entries.isEmpty)
            #expect(!vault.manager.mayCreate(Self.secretName, for: caller))
        }
        #expect(try vault.value("team/a") == "x")
        try vault.deny(Vault.owner, [.getSecretValue], on: "team/*")
        #expect(code { _ = try vault.value("team/a") } == "AccessDeniedException")
        // Whoever administers the store is never locked out of its policy.
        try vault.deny(Vault.owner, Action.allCases, on: "*")
        #expect(vault.manager.view(serial, for: Vault.owner) == nil)
        try vault.manager.deletePolicy(Vault.owner, at: .store)
        #expect(try vault.value("team/a") == "x")
    }

    @Test("A Deny wins wherever it stands, over an Allow wherever that stands")
    func denyWins() throws {
        let places: [(allow: PolicyPlace, deny: PolicyPlace)] = [
            (.store, .store), (.store, .secret(Self.secretName)), (.secret(Self.secretName), .store),
            (.secret(Self.secretName), .secret(Self.secretName)),
        ]
        for (allow, deny) in places {
            let vault = try Vault()
            try vault.create("team/a", "x")
            let read = { (effect: PolicyEffect, place: PolicyPlace) in
                StatementDraft(
                    effect, [.uid(Vault.alice.uid)], [.describeSecret, .getSecretValue],
                    on: place == .store ? ["team/*"] : [])
            }
            try vault.manager.addStatement(Vault.owner, read(.allow, allow), at: allow)
            #expect(try vault.value("team/a", by: Vault.alice) == "x")
            try vault.manager.addStatement(Vault.owner, read(.deny, deny), at: deny)
            #expect(code { _ = try vault.value("team/a", by: Vault.alice) } == "ResourceNotFoundException")
            try vault.reopen()
            #expect(code { _ = try vault.value("team/a", by: Vault.alice) } == "ResourceNotFoundException")
        }
    }

    @Test("A secret's own policy allows for that secret alone")
    func ownPolicy() throws {
        let vault = try Vault()
        try vault.create("team/a", "x")
        try vault.create("team/b", "y")
        try vault.manager.addStatement(
            Vault.owner, StatementDraft(.allow, [.uid(Vault.alice.uid)], StatementDraft.readActions),
            at: .secret(Self.secretName))
        #expect(try vault.value("team/a", by: Vault.alice) == "x")
        #expect(code { _ = try vault.value("team/b", by: Vault.alice) } == "ResourceNotFoundException")
        let entries = vault.manager.entries(in: FolderID(path: "team"), after: 0, limit: 10, for: Vault.alice)
        #expect(entries.entries.map(\.name) == ["a"])
        // It goes with the secret: one of the same name that comes later has none.
        _ = try vault.manager.deleteSecret(Vault.owner, name: Self.secretName, force: true)
        try vault.create("team/a", "z")
        #expect(code { _ = try vault.value("team/a", by: Vault.alice) } == "ResourceNotFoundException")
    }

    @Test("Each right gives what it names, and no more")
    func rights() throws {
        let vault = try Vault()
        try vault.create("team/a", "x")
        try vault.put("team/a", "y")
        try vault.allow(Vault.alice, [.describeSecret], on: "team/a")
        let manager = vault.manager
        let name = Self.secretName
        let calls: [(Action, () throws -> Void)] = [
            (.getSecretValue, { _ = try vault.value("team/a", by: Vault.alice) }),
            (.putSecretValue, { try vault.put("team/a", "z", by: Vault.alice) }),
            (
                .listSecretVersionIds,
                {
                    _ = try manager.listSecretVersionIDs(Vault.alice, name: name, includesDeprecated: false)
                }
            ),
            (
                .updateSecretVersionStage,
                {
                    let versions = try vault.record("team/a").versions
                    _ = try manager.updateSecretVersionStage(
                        Vault.alice, name: name, stage: try StagingLabel("mine"), moveTo: versions[0].id,
                        removeFrom: nil)
                }
            ),
            (.tagResource, { try manager.tagResource(Vault.alice, name: name, tags: ["k": "v"]) }),
            (.untagResource, { try manager.untagResource(Vault.alice, name: name, keys: ["k"]) }),
            (.getResourcePolicy, { _ = try manager.policy(Vault.alice, at: .secret(name)) }),
            (
                .putResourcePolicy,
                {
                    try manager.addStatement(
                        Vault.alice, StatementDraft(.allow, [.uid(9)], [.describeSecret]), at: .secret(name))
                }
            ),
            (.deleteResourcePolicy, { try manager.deletePolicy(Vault.alice, at: .secret(name)) }),
            (.deleteSecret, { _ = try manager.deleteSecret(Vault.alice, name: name) }),
            (.restoreSecret, { _ = try manager.restoreSecret(Vault.alice, name: name) }),
        ]
        for (action, call) in calls {
            #expect(code(call) == "AccessDeniedException", "\(action) without a statement")
        }
        for (index, (action, call)) in calls.enumerated() {
            try vault.allow(Vault.alice, [action], on: "team/a")
            #expect(code(call) == nil, "\(action) with a statement for it")
            for (later, laterCall) in calls[(index + 1)...] {
                #expect(code(laterCall) == "AccessDeniedException", "\(later) with a statement for \(action)")
            }
        }
    }

    @Test("Tags by which one would lose the right to set them are refused")
    func tags() throws {
        let vault = try Vault()
        try vault.create("team/a", "x")
        try vault.manager.tagResource(Vault.owner, name: Self.secretName, tags: ["team": "red"])
        let policy = """
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"UID": "\(Vault.alice.uid)"},
             "Action": ["secretsmanager:TagResource", "secretsmanager:DescribeSecret"], "Resource": "*",
             "Condition": {"StringEquals": {"aws:ResourceTag/team": "red"}}}]}
            """
        try vault.manager.putPolicy(Vault.owner, policy, at: .store)
        try vault.manager.tagResource(Vault.alice, name: Self.secretName, tags: ["more": "x"])
        #expect(
            code { try vault.manager.tagResource(Vault.alice, name: Self.secretName, tags: ["team": "blue"]) }
                == "AccessDeniedException")
        #expect(try vault.record("team/a").tags == ["team": "red", "more": "x"])
    }
}
