import Testing

@testable import CofferCore

@Suite("Editing policies")
struct PolicyEditingTests {
    private let draft = StatementDraft(
        .allow, [.user("www-data")], [.getSecretValue, .describeSecret], on: ["prod/web/*"])

    @Test("A first statement makes the policy")
    func startsPolicy() throws {
        let text = try PolicyDocument.adding(draft, to: nil)
        #expect(
            text == """
                {
                  "Version": "2012-10-17",
                  "Statement": [
                    {
                      "Sid": "AllowWwwData",
                      "Effect": "Allow",
                      "Principal": {
                        "User": "www-data"
                      },
                      "Action": [
                        "secretsmanager:GetSecretValue",
                        "secretsmanager:DescribeSecret"
                      ],
                      "Resource": "prod/web/*"
                    }
                  ]
                }
                """)
        #expect(try PolicyDocument.adding(draft, to: "") == text)
    }

    @Test("The same statement isn't added twice, however it was spelt")
    func isIdempotent() throws {
        let text = try PolicyDocument.adding(draft, to: nil)
        #expect(try PolicyDocument.adding(draft, to: text) == text)
        let reordered = StatementDraft(
            .allow, [.user("www-data")], [.describeSecret, .getSecretValue], on: ["prod/web/*"])
        #expect(try PolicyDocument.adding(reordered, to: text) == text)
        let own = policyText(
            #"{"Effect": "Allow", "Principal": {"User": ["www-data"]}, "Action": ["secretsmanager:getsecretvalue", "secretsmanager:Describe*"], "Resource": ["prod/web/*"]}"#
        )
        #expect(try PolicyDocument.adding(draft, to: own) == own)
    }

    @Test(
        "A statement that differs in anything is added, under a Sid of its own",
        arguments: [
            StatementDraft(
                .deny, [.user("www-data")], [.getSecretValue, .describeSecret], on: ["prod/web/*"]),
            StatementDraft(.allow, [.uid(33)], [.getSecretValue, .describeSecret], on: ["prod/web/*"]),
            StatementDraft(.allow, [.user("www-data")], [.getSecretValue], on: ["prod/web/*"]),
            StatementDraft(.allow, [.user("www-data")], [.getSecretValue, .describeSecret], on: ["prod/*"]),
            StatementDraft(.allow, [.user("www-data")], [.getSecretValue, .describeSecret]),
            StatementDraft(.allow, [.any, .gid(5)], [.getSecretValue], on: ["a", "b"]),
            StatementDraft(
                .allow, [.group("db"), .user("a"), .group("c"), .gid(1)], Action.allCases, on: ["*"]),
        ])
    func addsOthers(other: StatementDraft) throws {
        let text = try PolicyDocument.adding(draft, to: nil)
        let both = try PolicyDocument.adding(other, to: text)
        let document = try PolicyDocument(parsing: both)
        #expect(document.statements.count == 2)
        #expect(Set(document.statements.compactMap(\.sid)).count == 2)
        #expect(try PolicyDocument.removing(other, from: both) == text)
        #expect(
            try PolicyDocument.removing(draft, from: text)
                == PolicyDocument.removing(sid: "AllowWwwData", from: text))
    }

    @Test("What else stands in the policy is kept, in its order")
    func keepsTheRest() throws {
        let text =
            #"{"Statement": {"Principal": "*", "Effect": "Deny", "Sid": "AllowWwwData", "Condition": {"NumericLessThan": {"coffer:UID": 1.50}}, "Action": "*"}, "Id": "é", "Version": "2012-10-17"}"#
        let edited = try JSONValue(parsing: PolicyDocument.adding(draft, to: text))
        let original = try JSONValue(parsing: text)
        #expect(edited.object?.map(\.name) == ["Statement", "Id", "Version"])
        #expect(edited["Statement"]?.array?.first == original["Statement"])
        #expect(edited["Statement"]?.array?.last?["Sid"] == "AllowWwwData2")
        #expect(edited["Id"] == "é")
    }

    @Test("A statement with a condition is another one, and removing leaves it")
    func respectsConditions() throws {
        let text = policyText(
            #"{"Effect": "Allow", "Principal": {"User": "www-data"}, "Action": ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"], "Resource": "prod/web/*", "Condition": {"StringEquals": {"coffer:Via": "mount"}}}"#
        )
        #expect(try PolicyDocument.removing(draft, from: text) == text)
        let both = try PolicyDocument(parsing: PolicyDocument.adding(draft, to: text))
        #expect(both.statements.count == 2)
    }

    @Test("A draft that is no statement is refused, and so is a text that is no policy")
    func refuses() {
        for bad in [
            StatementDraft(.allow, [], [.getSecretValue]), StatementDraft(.allow, [.any], []),
            StatementDraft(.allow, [.any], [.getSecretValue], on: ["a b"]),
            StatementDraft(.allow, [.user("*")], [.getSecretValue]),
        ] {
            #expect(throws: PolicyError.self) { try PolicyDocument.adding(bad, to: nil) }
        }
        #expect(throws: PolicyError.self) { try PolicyDocument.adding(draft, to: "{}") }
        #expect(throws: PolicyError.self) { try PolicyDocument.removing(draft, from: "[") }
    }
}
