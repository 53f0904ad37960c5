import Testing

@testable import CofferCore

@Suite("Policy decisions")
struct PolicyDecisionTests {
    static let allowWeb =
        #"{"Sid": "Web", "Effect": "Allow", "Principal": {"User": "www-data"}, "Action": "secretsmanager:GetSecretValue", "Resource": "prod/*"}"#

    @Test("Nothing is allowed by default, not even to root")
    func defaultDeny() throws {
        #expect(PolicyEvaluator.decide(request(uid: 0, gid: 0), store: [], secret: []) == .notAllowed)
        #expect(
            PolicyEvaluator.decide(request(uid: 0, gid: 0), store: try compiled(Self.allowWeb), secret: [])
                == .notAllowed)
    }

    @Test("An Allow of either policy suffices, and the decision names it")
    func allows() throws {
        let reference = StatementReference(source: .store, index: 0, sid: "Web", line: 1)
        #expect(
            PolicyEvaluator.decide(request(), store: try compiled(Self.allowWeb), secret: [])
                == .allowed(by: reference))
        let own = try compiled(
            #"{"Effect": "Deny", "Principal": "*", "Action": "kms:*"}"#,
            #"{"Effect": "Allow", "Principal": {"UID": "33"}, "Action": "*"}"#)
        #expect(
            PolicyEvaluator.decide(request(), store: [], secret: own)
                == .allowed(by: StatementReference(source: .secret, index: 1, sid: nil, line: 1)))
    }

    @Test("A Deny of either policy wins, whatever the order")
    func denyWins() throws {
        let allow = try compiled(Self.allowWeb)
        let deny = try compiled(
            #"{"Effect": "Deny", "Principal": "*", "Action": "secretsmanager:*", "Resource": "*"}"#)
        for (store, secret) in [(allow + deny, []), (deny + allow, []), (allow, deny), (deny, allow)] {
            guard case .denied = PolicyEvaluator.decide(request(), store: store, secret: secret) else {
                Issue.record("the Deny did not win")
                continue
            }
        }
    }

    @Test(
        "Principals match as they say",
        arguments: [
            (#""*""#, 33, 33, [], true), (#"{"User": "www-data"}"#, 33, 1, [], true),
            (#"{"User": "www-data"}"#, 1000, 33, [], false), (#"{"UID": "33"}"#, 33, 1, [], true),
            (#"{"UID": 33}"#, 33, 1, [], true), (#"{"UID": ["1", "33"]}"#, 33, 1, [], true),
            (#"{"Group": "db"}"#, 1, 999, [], true), (#"{"Group": "db"}"#, 1, 1, [5, 999], true),
            (#"{"Group": "db"}"#, 999, 1, [5], false), (#"{"GID": "7"}"#, 1, 7, [], true),
            (#"{"GID": ["8", 7]}"#, 1, 2, [7], true),
            (#"{"User": ["alice", "bob"], "Group": "db"}"#, 1001, 1, [], true),
            (#"{"User": ["alice", "bob"], "Group": "db"}"#, 5, 1, [999], true),
            (#"{"User": ["alice", "bob"], "Group": "db"}"#, 5, 1, [6], false),
        ] as [(String, UInt32, UInt32, [UInt32], Bool)])
    func principals(principal: String, uid: UInt32, gid: UInt32, groups: [UInt32], matches: Bool) throws {
        for (key, expected) in [("Principal", matches), ("NotPrincipal", !matches)]
        where principal != "\"*\"" || key == "Principal" {
            for effect in ["Allow", "Deny"] {
                let statements = try compiled(
                    #"{"Effect": "\#(effect)", "\#(key)": \#(principal), "Action": "*"}"#)
                let decision = PolicyEvaluator.decide(
                    request(uid: uid, gid: gid, facts: TestFacts(groups: groups)), store: [],
                    secret: statements)
                #expect((decision != .notAllowed) == expected)
            }
        }
    }

    @Test("Groups that can't be established match no Allow and every Deny, and so do their opposites")
    func unknownGroups() throws {
        for key in ["Principal", "NotPrincipal"] {
            let allow = try compiled(#"{"Effect": "Allow", "\#(key)": {"Group": "db"}, "Action": "*"}"#)
            let deny = try compiled(#"{"Effect": "Deny", "\#(key)": {"Group": "db"}, "Action": "*"}"#)
            let question = request(facts: TestFacts(groups: nil))
            #expect(PolicyEvaluator.decide(question, store: [], secret: allow) == .notAllowed)
            #expect(!PolicyEvaluator.decide(question, store: [], secret: deny).isAllowed)
            #expect(PolicyEvaluator.decide(question, store: [], secret: deny) != .notAllowed)
        }
    }

    @Test("Facts are asked for only where the decision turns on them")
    func asksLate() throws {
        func questions(_ statements: String...) throws -> [String] {
            let facts = TestFacts(groups: [999], executable: "/bin/x", cgroup: "/a")
            let text = policyText(statements.joined(separator: ","))
            let policy = try PolicyDocument(parsing: text).resolved(by: TestResolver())
            _ = PolicyEvaluator.decide(request(facts: facts), store: [], secret: policy.statements)
            return facts.questions
        }
        let byGroup =
            #"{"Effect": "Allow", "Principal": {"Group": "db"}, "Action": "secretsmanager:GetSecretValue"}"#
        let byPath =
            #"{"Effect": "Allow", "Principal": "*", "Action": "*", "Condition": {"StringEquals": {"coffer:Executable": "/bin/x"}}}"#
        let byUser = #"{"Effect": "Allow", "Principal": {"UID": 33}, "Action": "*"}"#
        #expect(try questions(byGroup) == ["groups"])
        #expect(try questions(byPath) == ["executable"])
        #expect(try questions(byUser, byPath, byGroup) == [])
        #expect(try questions(byGroup.replacing("GetSecretValue", with: "DeleteSecret")) == [])
        #expect(
            try questions(byGroup.replacing("}", with: #"}, "Resource": "dev/*""#, maxReplacements: 1)) == [])
        #expect(try questions(byGroup.replacing(#""Group": "db""#, with: #""Group": "db", "UID": 33"#)) == [])
        #expect(
            try questions(
                #"{"Effect": "Deny", "Principal": "*", "Action": "*", "Condition": {"StringEquals": {"coffer:Executable": "/bin/x", "coffer:Via": "socket"}}}"#
            )
                == [])
    }

    @Test(
        "Actions match by name, by wildcard in any case, and by what NotAction leaves",
        arguments: [
            (#""Action": "secretsmanager:GetSecretValue""#, true),
            (#""Action": "SecretsManager:getsecretvalue""#, true),
            (#""Action": "secretsmanager:Get*""#, true), (#""Action": "secretsmanager:*Value""#, true),
            (#""Action": "*""#, true), (#""Action": "*:Get*""#, true), (#""Action": "kms:*""#, false),
            (#""Action": ["kms:*", "secretsmanager:Put*"]"#, false),
            (#""Action": ["kms:*", "secretsmanager:G?tSecretValue"]"#, true),
            (#""NotAction": "kms:*""#, true), (#""NotAction": "secretsmanager:Get*""#, false),
        ])
    func actions(action: String, matches: Bool) throws {
        let statements = try compiled(#"{"Effect": "Allow", "Principal": "*", \#(action)}"#)
        #expect(PolicyEvaluator.decide(request(), store: [], secret: statements).isAllowed == matches)
    }

    @Test(
        "Resources match by pattern, and a star crosses slashes",
        arguments: [
            (#""Resource": "prod/db""#, true), (#""Resource": "prod/*""#, true), (#""Resource": "*""#, true),
            (#""Resource": "p*b""#, true), (#""Resource": "prod/d?""#, true),
            (#""Resource": "prod/d""#, false),
            (#""Resource": "prod/db/*""#, false), (#""Resource": "prod""#, false),
            (#""Resource": "Prod/db""#, false),
            (#""Resource": ["dev/*", "prod/*"]"#, true), (#""NotResource": "prod/*""#, false),
            (#""NotResource": ["dev/*", "test/*"]"#, true),
        ])
    func resources(resource: String, matches: Bool) throws {
        let statements = try compiled(#"{"Effect": "Allow", "Principal": "*", "Action": "*", \#(resource)}"#)
        for question in [request(), request(.describeSecret)] {
            #expect(PolicyEvaluator.decide(question, store: statements, secret: []).isAllowed == matches)
            #expect(PolicyEvaluator.decide(question, store: [], secret: statements).isAllowed == matches)
        }
        let policy = try PolicyDocument(
            parsing: policyText(#"{"Effect": "Allow", "Principal": "*", "Action": "*", \#(resource)}"#),
            for: .store
        ).resolved(by: TestResolver())
        let applicable = policy.applicable(to: try SecretName("prod/db"))
        #expect(applicable.isEmpty == !matches)
        #expect(PolicyEvaluator.decide(request(), store: applicable, secret: []).isAllowed == matches)
    }

    @Test("A statement without Resource is about its own secret, and fails closed in the store's policy")
    func withoutResource() throws {
        let allow = try compiled(#"{"Effect": "Allow", "Principal": "*", "Action": "*"}"#)
        let deny = try compiled(#"{"Effect": "Deny", "Principal": "*", "Action": "*"}"#)
        #expect(PolicyEvaluator.decide(request(), store: [], secret: allow).isAllowed)
        #expect(PolicyEvaluator.decide(request(), store: allow, secret: []) == .notAllowed)
        #expect(PolicyEvaluator.decide(request(), store: deny, secret: allow) != .notAllowed)
        #expect(!PolicyEvaluator.decide(request(), store: deny, secret: allow).isAllowed)
    }

    @Test("The store as a whole is matched by a star only, and by NotResource")
    func storeAsAWhole() throws {
        for (resource, matches) in [
            (#""Resource": "*""#, true), (#""Resource": "prod/*""#, false),
            (#""NotResource": "prod/*""#, true),
        ] {
            let statements = try compiled(
                #"{"Effect": "Allow", "Principal": "*", "Action": "*", \#(resource)}"#)
            #expect(
                PolicyEvaluator.decide(request(.listSecrets, "*"), store: statements, secret: []).isAllowed
                    == matches)
        }
    }

    @Test(
        "A user who is gone is nobody; all but them is nobody to an Allow and everybody to a Deny; the document is refused anew"
    )
    func unresolved() throws {
        func policy(_ effect: String, _ principal: String) throws -> CompiledPolicy {
            try PolicyDocument(
                parsing: policyText(#"{"Effect": "\#(effect)", \#(principal), "Action": "*"}"#)
            ).resolvedLeniently(by: TestResolver())
        }
        for key in ["Principal", "NotPrincipal"] {
            let principal = #""\#(key)": {"User": "mallory"}"#
            let allow = try policy("Allow", principal)
            #expect(allow.unresolved == [.user("mallory")])
            #expect(PolicyEvaluator.decide(request(), store: [], secret: allow.statements) == .notAllowed)
            let deny = try policy("Deny", principal)
            let denied = PolicyEvaluator.decide(request(), store: [], secret: deny.statements) != .notAllowed
            #expect(denied == (key == "NotPrincipal"))
        }
        let both = try policy("Allow", #""Principal": {"User": ["mallory", "www-data"]}"#)
        #expect(PolicyEvaluator.decide(request(), store: [], secret: both.statements).isAllowed)
        let text =
            "{\"Version\": \"2012-10-17\",\n\"Statement\": {\"Effect\": \"Allow\", \"Action\": \"*\",\n \"Principal\": {\"Group\": [\"db\", \"gone\"]}}}"
        #expect(throws: PolicyError(line: 3, column: 32, reason: .unknownGroup("gone"))) {
            try PolicyDocument(parsing: text).resolved(by: TestResolver())
        }
    }

    @Test(
        "Everybody is allowed only by an unconditional Allow to all, and by none where a Deny is about the action"
    )
    func everybody() throws {
        func check(_ statements: String...) throws -> Bool {
            let policy = try PolicyDocument(parsing: policyText(statements.joined(separator: ",")))
                .resolved(by: TestResolver())
            let store = policy.applicable(to: try SecretName("prod/db"))
            return PolicyEvaluator.isAllowedToEveryone(.describeSecret, store: store, secret: [])
        }
        let open =
            #"{"Effect": "Allow", "Principal": "*", "Action": "secretsmanager:Describe*", "Resource": "prod/*"}"#
        #expect(try check(open))
        #expect(try !check())
        #expect(try !check(open.replacing("prod", with: "dev")))
        #expect(try !check(open.replacing("Describe*", with: "Get*")))
        #expect(try !check(open.replacing(#""*", "Act"#, with: #"{"UID": 33}, "Act"#)))
        #expect(try !check(open.replacing("Principal\": \"*\"", with: "NotPrincipal\": {\"UID\": 33}")))
        #expect(
            try !check(
                open.replacing("}", with: #", "Condition": {"Null": {"coffer:VersionStage": "true"}}}"#)))
        let deny = #"{"Effect": "Deny", "Principal": {"UID": 5}, "Action": "*", "Resource": "prod/*"}"#
        #expect(try !check(open, deny))
        #expect(try check(open, deny.replacing("prod", with: "dev")))
        #expect(try check(open, deny.replacing("\"Action\": \"*\"", with: "\"Action\": \"kms:*\"")))
        let own = try compiled(#"{"Effect": "Allow", "Principal": "*", "Action": "*"}"#)
        #expect(PolicyEvaluator.isAllowedToEveryone(.describeSecret, store: [], secret: own))
        #expect(!PolicyEvaluator.isAllowedToEveryone(.describeSecret, store: own, secret: []))
        let one = try compiled(
            #"{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "prod/db"}"#)
        #expect(!PolicyEvaluator.isAllowedToEveryone(.describeSecret, store: [], secret: one))
    }

    @Test("An explanation tells of every statement why it applies or doesn't")
    func explains() throws {
        let statements = try compiled(
            Self.allowWeb,
            #"{"Effect": "Allow", "Principal": {"UID": 5}, "Action": "*"}"#,
            #"{"Effect": "Allow", "Principal": "*", "Action": "kms:*"}"#,
            #"{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "dev/*"}"#,
            #"{"Effect": "Allow", "Principal": "*", "Action": "*", "Condition": {"StringEquals": {"coffer:VersionStage": "AWSPENDING"}}}"#,
            #"{"Effect": "Deny", "Principal": "*", "Action": "*", "Condition": {"StringLike": {"coffer:Executable": "/tmp/*"}}}"#,
            #"{"Effect": "Allow", "Principal": {"Group": "db"}, "Action": "*"}"#)
        let explanation = PolicyEvaluator.explain(
            request(facts: TestFacts(groups: nil)), store: [], secret: statements)
        #expect(
            explanation.statements.map(\.outcome) == [
                .applies, .otherPrincipal, .otherAction, .otherResource,
                .conditionNotMet("StringEquals coffer:VersionStage AWSPENDING"),
                .appliesForLack(of: "coffer:Executable"),
                .notEstablished("the caller's groups"),
            ])
        #expect(
            explanation.decision
                == PolicyEvaluator.decide(
                    request(facts: TestFacts(groups: nil)), store: [], secret: statements))
        #expect(explanation.lines.first == "denied by statement 6 (line 1) of the secret's policy")
        #expect(explanation.lines.count == 7)
        #expect(
            explanation.lines.contains(
                "Deny: statement 6 (line 1) of the secret's policy applies, because coffer:Executable can't be established"
            ))
    }
}
