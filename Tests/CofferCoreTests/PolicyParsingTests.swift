import Testing

@testable import CofferCore

@Suite("Reading policies")
struct PolicyParsingTests {
    @Test("A whole policy is read into its parts")
    func readsAll() throws {
        let text = """
            {
              "Version": "2012-10-17",
              "Id": "web",
              "Statement": [
                {
                  "Sid": "Reads",
                  "Effect": "Allow",
                  "Principal": {"User": "www-data", "UID": ["5", 6], "Group": ["db"], "GID": "7"},
                  "Action": ["secretsmanager:Get*", "kms:Decrypt"],
                  "Resource": ["prod/web/*", "prod/db"],
                  "Condition": {"StringLike": {"coffer:Executable": "/usr/*"}, "StringEquals": {"coffer:Via": "mount"}}
                },
                {"Effect": "Deny", "NotPrincipal": {"User": "alice"}, "NotAction": "secretsmanager:*", "NotResource": "a"}
              ]
            }
            """
        let document = try PolicyDocument(parsing: text, for: .store)
        #expect(document.text == text)
        #expect(document.statements.count == 2)
        let first = document.statements[0]
        #expect(first.sid == "Reads")
        #expect(first.effect == .allow)
        #expect(first.line == 5)
        #expect(
            first.principals.principals == [.user("www-data"), .uid(5), .uid(6), .group("db"), .gid(7)])
        #expect(
            first.actions
                == ActionSet([.getSecretValue, .getRandomPassword, .getResourcePolicy, .kmsDecrypt]))
        #expect(first.resources?.patterns.map(\.text) == ["prod/web/*", "prod/db"])
        #expect(first.conditions.map(\.key) == [.via, .executable])
        let second = document.statements[1]
        #expect(second.sid == nil)
        #expect(second.effect == .deny)
        #expect(second.principals.isNegated)
        #expect(second.resources?.isNegated == true)
        #expect(!second.actions.contains(.getSecretValue))
        #expect(second.actions.contains(.kmsDecrypt))
        #expect(!document.isPublic)
    }

    @Test(
        "Whoever allows everybody is public",
        arguments: [
            (#""Effect": "Allow", "Principal": "*""#, true),
            (#""Effect": "Allow", "NotPrincipal": {"UID": 5}"#, true),
            (#""Effect": "Deny", "Principal": "*""#, false),
            (#""Effect": "Allow", "Principal": {"UID": 5}"#, false),
        ])
    func publicPolicies(parts: String, isPublic: Bool) throws {
        #expect(try PolicyDocument(parsing: policyText("{\(parts), \"Action\": \"*\"}")).isPublic == isPublic)
    }

    @Test("A single statement may stand without a list, and a list may be empty")
    func statementLists() throws {
        #expect(try PolicyDocument(parsing: PolicyDocument.emptyText).statements.isEmpty)
        let text =
            #"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "*"}}"#
        #expect(try PolicyDocument(parsing: text).statements.count == 1)
    }

    static let base = #"{"Effect": "Allow", "Principal": "*", "Action": "*"}"#

    @Test(
        "What is no policy is refused with the place and what to do",
        arguments: [
            ("", 1, 1, "the text ends"), ("{\n\"Version\": 1,}", 2, 14, "nothing follows the comma"),
            ("[]", 1, 1, "a policy is a JSON object"), ("{}", 1, 1, "add it"),
            (#"{"Version": "2012-10-17"}"#, 1, 1, "a policy has a \"Statement\""),
            (#"{"Version": "2008-10-17", "Statement": []}"#, 1, 13, "must be \"2012-10-17\""),
            (#"{"Version": "2012-10-17", "Version": "2012-10-17", "Statement": []}"#, 1, 27, "already"),
            (#"{"Version": "2012-10-17", "Statements": []}"#, 1, 27, "there are Version, Id, Statement"),
            (#"{"Version": "2012-10-17", "Id": 5, "Statement": []}"#, 1, 33, "the Id is a string"),
            (#"{"Version": "2012-10-17", "Statement": "x"}"#, 1, 40, "a statement is a JSON object"),
            (
                #"{"Version": "2012-10-17", "Statement": [\#(base), 5]}"#, 1, 95,
                "a statement is a JSON object"
            ),
        ])
    func refusesDocuments(text: String, line: Int, column: Int, what: String) {
        let error = #expect(throws: PolicyError.self) { try PolicyDocument(parsing: text) }
        #expect(error?.line == line)
        #expect(error?.column == column)
        #expect(error?.message.contains(what) == true, "\(error?.message ?? "")")
    }

    @Test(
        "What is no statement is refused with the place and what to do",
        arguments: [
            (#"{}"#, 1, "no Effect"),
            (#"{"Effect": "Permit", "Principal": "*", "Action": "*"}"#, 12, "\"Allow\" or \"Deny\""),
            (#"{"Effect": "allow", "Principal": "*", "Action": "*"}"#, 12, "\"Allow\" or \"Deny\""),
            (#"{"Effect": "Allow", "Action": "*"}"#, 1, "add a Principal"),
            (#"{"Effect": "Allow", "Principal": "*"}"#, 1, "no Action"),
            (#"{"Effect": "Allow", "Principals": "*"}"#, 21, "NotPrincipal"),
            (
                #"{"Effect": "Allow", "Principal": "*", "NotPrincipal": {"UID": 1}, "Action": "*"}"#, 39,
                "not both"
            ),
            (#"{"Effect": "Allow", "Principal": "*", "Action": "*", "NotAction": "kms:*"}"#, 54, "not both"),
            (
                #"{"Effect": "Allow", "Principal": "alice", "Action": "*"}"#, 34,
                "a Principal is \"*\" or an object"
            ),
            (
                #"{"Effect": "Allow", "Principal": ["*"], "Action": "*"}"#, 34,
                "a Principal is \"*\" or an object"
            ),
            (
                #"{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "*"}"#, 35,
                "there are User, UID, Group, GID"
            ),
            (#"{"Effect": "Allow", "Principal": {}, "Action": "*"}"#, 34, "names nobody"),
            (#"{"Effect": "Allow", "Principal": {"User": []}, "Action": "*"}"#, 43, "empty"),
            (#"{"Effect": "Allow", "Principal": {"User": "*"}, "Action": "*"}"#, 43, "\"Principal\": \"*\""),
            (#"{"Effect": "Allow", "Principal": {"User": "w*"}, "Action": "*"}"#, 43, "no name of a user"),
            (#"{"Effect": "Allow", "Principal": {"User": 33}, "Action": "*"}"#, 43, "string"),
            (
                #"{"Effect": "Allow", "Principal": {"UID": "bob"}, "Action": "*"}"#, 42,
                "a name belongs in User"
            ),
            (#"{"Effect": "Allow", "Principal": {"UID": 4294967295}, "Action": "*"}"#, 42, "4294967294"),
            (#"{"Effect": "Allow", "Principal": {"UID": -1}, "Action": "*"}"#, 42, "4294967294"),
            (#"{"Effect": "Allow", "Principal": {"GID": 1.0}, "Action": "*"}"#, 42, "4294967294"),
            (#"{"Effect": "Allow", "NotPrincipal": "*", "Action": "*"}"#, 37, "about nobody"),
            (
                #"{"Effect": "Allow", "Principal": "*", "Action": "secretsmanager:GetSecretValues"}"#, 49,
                "the nearest is secretsmanager:GetSecretValue"
            ),
            (
                #"{"Effect": "Allow", "Principal": "*", "Action": "GetSecretValue"}"#, 49,
                "the nearest is secretsmanager:GetSecretValue"
            ),
            (
                #"{"Effect": "Allow", "Principal": "*", "Action": "kms:Decypt"}"#, 49,
                "the nearest is kms:Decrypt"
            ),
            (
                #"{"Effect": "Allow", "Principal": "*", "Action": "s3:ListAllMyBucketsInTheWholeWideWorld"}"#,
                49, "docs/policies.md"
            ),
            (#"{"Effect": "Allow", "Principal": "*", "Action": ["kms:*", "s3:*"]}"#, 59, "matches no action"),
            (#"{"Effect": "Allow", "Principal": "*", "Action": []}"#, 49, "empty"),
            (#"{"Effect": "Allow", "Principal": "*", "Action": ""}"#, 49, "not empty"),
            (#"{"Effect": "Allow", "Principal": "*", "NotAction": "*"}"#, 52, "leaves no action"),
            (
                #"{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "arn:aws:secretsmanager:x"}"#,
                66, "not ARNs"
            ),
            (
                #"{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": ["a", "b c"]}"#, 72,
                "' ' is in no secret's name"
            ),
            (#"{"Effect": "Allow", "Principal": "*", "Action": "*", "Sid": ""}"#, 61, "1 to 128"),
            (#"{"Effect": "Allow", "Principal": "*", "Action": "*", "Sid": 1}"#, 61, "string"),
            (#"{"Effect": "Allow", "Principal": "*", "Action": "*", "Sid": "A"}"#, 61, "already"),
        ])
    func refusesStatements(statement: String, column: Int, what: String) {
        let text =
            "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Sid\": \"A\", \"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"*\"},\n\(statement)]}"
        let error = #expect(throws: PolicyError.self) { try PolicyDocument(parsing: text) }
        #expect(error?.line == 2)
        #expect(error?.column == column)
        #expect(error?.message.contains(what) == true, "\(error?.message ?? "")")
    }

    @Test("A statement of the store's policy says which secrets it is about")
    func storeNeedsResource() throws {
        let error = #expect(throws: PolicyError.self) {
            try PolicyDocument(parsing: policyText(Self.base), for: .store)
        }
        #expect(error?.column == 41)
        #expect(
            try PolicyDocument(parsing: policyText(Self.base), for: .secret).statements[0].resources == nil)
    }

    @Test("Random pieces of policies never crash the parser")
    func fuzz() {
        var generator = SeededGenerator(seed: 31)
        let whole = Array(
            policyText(
                #"{"Sid": "é", "Effect": "Allow", "Principal": {"User": ["a"]}, "Action": "kms:*", "Condition": {"DateLessThan": {"aws:CurrentTime": "2026-01-01"}}}"#
            ).utf8)
        var failures = 0
        for _ in 0..<5_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes.remove(at: place)
                case 1: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                default: bytes.insert(bytes.randomElement(using: &generator) ?? 0, at: place)
                }
            }
            do {
                _ = try PolicyDocument(parsing: String(decoding: bytes, as: UTF8.self))
            } catch {
                failures += 1
                #expect(error.line >= 1 && error.column >= 1 && !error.message.isEmpty)
            }
        }
        #expect(failures > 3_000)
    }

    @Test(
        "Principals are read as commands take them, and written so that they are read again",
        arguments: [
            ("*", .any), ("www-data", .user("www-data")), ("user:bob", .user("bob")), ("uid:33", .uid(33)),
            ("group:db", .group("db")), ("gid:0", .gid(0)), ("", nil), ("uid:", nil), ("uid:x", nil),
            ("uid:-1", nil),
            ("uid:4294967295", nil), ("user:", nil), ("user:*", nil), ("role:x", nil), ("a b", nil),
            ("gid:+5", nil),
        ] as [(String, PolicyPrincipal?)])
    func arguments(text: String, principal: PolicyPrincipal?) {
        #expect(PolicyPrincipal(argument: text) == principal)
        if let principal { #expect(PolicyPrincipal(argument: principal.argument) == principal) }
    }
}
