import CofferCore
import Testing

@Suite struct PolicyTests {
    private let readAlice = #"""
        {"Version": "2012-10-17",
         "Statement": {"Effect": "Allow", "Principal": {"User": "alice"}, "Action": "secretsmanager:*"}}
        """#

    @Test(
        "Without a statement a secret is neither seen nor read, and doesn't differ from one that isn't there")
    func hidden() throws {
        let fixture = try Fixture()
        try fixture.make("a")
        for operation in ["GetSecretValue", "DescribeSecret", "ListSecretVersionIds", "GetResourcePolicy"] {
            let there = try fixture.call(operation, ["SecretId": "a"], as: Fixture.alice)
            let absent = try fixture.call(operation, ["SecretId": "b"], as: Fixture.alice)
            #expect(there.error == "ResourceNotFoundException")
            #expect(there.message == absent.message.replacing("'b'", with: "'a'"))
        }
        #expect(
            try fixture.call("CreateSecret", ["Name": "c"], as: Fixture.alice).error
                == "AccessDeniedException")
    }

    @Test("Who may see a secret but not read it is told so")
    func seen() throws {
        let fixture = try Fixture()
        try fixture.make("a")
        try fixture.allow(Fixture.alice, ["DescribeSecret"], on: "a")
        #expect(
            try fixture.call("GetSecretValue", ["SecretId": "a"], as: Fixture.alice).error
                == "AccessDeniedException")
    }

    @Test("A secret's policy is put, read back as it was given, in force, and taken away")
    func resourcePolicy() throws {
        let fixture = try Fixture()
        try fixture.make("a", "one")
        #expect(try fixture.call("GetResourcePolicy", ["SecretId": "a"]).json["ResourcePolicy"] == nil)
        let put = try fixture.call(
            "PutResourcePolicy", ["SecretId": "a", "ResourcePolicy": .string(readAlice)])
        #expect(put.status == 200)
        #expect(
            try fixture.call("GetResourcePolicy", ["SecretId": "a"]).json["ResourcePolicy"]?.string
                == readAlice)
        #expect(
            try fixture.call("GetSecretValue", ["SecretId": "a"], as: Fixture.alice).json["SecretString"]
                == "one")
        #expect(
            try fixture.call("GetSecretValue", ["SecretId": "a"], as: Fixture.bob).error
                == "ResourceNotFoundException")
        try fixture.call("DeleteResourcePolicy", ["SecretId": "a"])
        #expect(
            try fixture.call("GetSecretValue", ["SecretId": "a"], as: Fixture.alice).error
                == "ResourceNotFoundException")
    }

    @Test(
        "A policy that does not parse, or names nobody known, is refused with its place",
        arguments: [
            ("{\n  \"Statement\": [,]}", "line 2"),
            (
                #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"User":"mallory"},"Action":"*","Resource":"*"}}"#,
                "mallory"
            ),
            (
                #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"secretsmanager:GetSecretValu","Resource":"*"}}"#,
                "secretsmanager:GetSecretValue"
            ),
        ])
    func malformed(text: String, hint: String) throws {
        let fixture = try Fixture()
        try fixture.make("a")
        let answers = [
            try fixture.call("PutResourcePolicy", ["SecretId": "a", "ResourcePolicy": .string(text)]),
            try fixture.call("coffer.PutStorePolicy", ["StorePolicy": .string(text)]),
        ]
        for answer in answers {
            #expect(answer.error == "MalformedPolicyDocumentException")
            #expect(answer.message.contains("line"))
            #expect(answer.message.contains(hint))
        }
        let checked = try fixture.call(
            "ValidateResourcePolicy", ["SecretId": "a", "ResourcePolicy": .string(text)])
        #expect(checked.json["PolicyValidationPassed"] == false)
        #expect(checked.json["ValidationErrors"]?.array?.first?["CheckName"] == "syntax")
    }

    @Test("A policy for everybody is found by validation, and blocked where that is asked")
    func publicPolicy() throws {
        let fixture = try Fixture()
        try fixture.make("a")
        let text = JSONValue.string(
            #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"secretsmanager:GetSecretValue"}}"#
        )
        let checked = try fixture.call("ValidateResourcePolicy", ["SecretId": "a", "ResourcePolicy": text])
        #expect(checked.json["ValidationErrors"]?.array?.first?["CheckName"] == "broad-access")
        let blocked = try fixture.call(
            "PutResourcePolicy", ["SecretId": "a", "ResourcePolicy": text, "BlockPublicPolicy": true])
        #expect(blocked.error == "PublicPolicyException")
        #expect(try fixture.call("GetResourcePolicy", ["SecretId": "a"]).json["ResourcePolicy"] == nil)
        #expect(
            try fixture.call("PutResourcePolicy", ["SecretId": "a", "ResourcePolicy": text]).status == 200)
    }

    @Test("Validation tells who would lock himself out")
    func lockout() throws {
        let fixture = try Fixture()
        try fixture.make("a")
        try fixture.call("PutResourcePolicy", ["SecretId": "a", "ResourcePolicy": .string(readAlice)])
        let other = JSONValue.string(readAlice.replacing("alice", with: "bob"))
        let checked = try fixture.call(
            "ValidateResourcePolicy", ["SecretId": "a", "ResourcePolicy": other], as: Fixture.alice)
        #expect(checked.json["ValidationErrors"]?.array?.first?["CheckName"] == "lockout")
        let owner = try fixture.call("ValidateResourcePolicy", ["SecretId": "a", "ResourcePolicy": other])
        #expect(owner.json["PolicyValidationPassed"] == true)
    }

    @Test("A statement is added to the store's policy once, and decides")
    func statements() throws {
        let fixture = try Fixture()
        try fixture.make("prod/db")
        try fixture.allow(Fixture.alice, ["GetSecretValue", "secretsmanager:DescribeSecret"], on: "prod/*")
        let text = try fixture.call("coffer.GetStorePolicy").json["StorePolicy"]
        try fixture.allow(Fixture.alice, ["GetSecretValue", "DescribeSecret"], on: "prod/*")
        #expect(try fixture.call("coffer.GetStorePolicy").json["StorePolicy"] == text)
        #expect(try fixture.call("GetSecretValue", ["SecretId": "prod/db"], as: Fixture.alice).status == 200)
        let deny = try fixture.call(
            "coffer.AddStatement",
            [
                "Effect": "Deny", "Principals": ["user:alice"], "Actions": ["GetSecretValue"],
                "SecretId": "prod/db",
            ])
        #expect(deny.status == 200)
        #expect(
            try fixture.call("GetSecretValue", ["SecretId": "prod/db"], as: Fixture.alice).error
                == "AccessDeniedException")
        #expect(try fixture.call("coffer.DeleteStorePolicy").status == 200)
        #expect(try fixture.call("coffer.GetStorePolicy").json["StorePolicy"] == nil)
    }

    @Test(
        "A statement with a part that means nothing is refused",
        arguments: [
            ("Effect", "Maybe"), ("Principals", ["a b"]), ("Principals", []), ("Actions", ["Steal"]),
            ("Resources", []),
        ] as [(String, JSONValue)])
    func badStatement(name: String, value: JSONValue) throws {
        var members = [
            JSONMember("Effect", "Allow"), JSONMember("Principals", ["uid:7"]),
            JSONMember("Actions", ["GetSecretValue"]), JSONMember("Resources", ["a"]),
        ]
        for index in members.indices where members[index].name == name { members[index].value = value }
        let answer = try Fixture().call("coffer.AddStatement", .object(members))
        #expect(answer.error == "InvalidParameterException")
    }

    @Test("An unknown user in a new statement is refused by name")
    func unknownUser() throws {
        let answer = try Fixture().call(
            "coffer.AddStatement",
            ["Effect": "Allow", "Principals": ["mallory"], "Actions": ["GetSecretValue"], "Resources": ["*"]])
        #expect(answer.error == "MalformedPolicyDocumentException")
        #expect(answer.message.contains("mallory"))
    }

    @Test("The decision names the statement that made it")
    func simulation() throws {
        let fixture = try Fixture()
        try fixture.make("a")
        try fixture.allow(Fixture.alice, ["GetSecretValue"], on: "a")
        func ask(_ uid: UInt32, _ action: String) throws -> JSONValue {
            try fixture.call(
                "coffer.SimulatePolicy",
                ["Principal": .string("uid:\(uid)"), "Action": .string(action), "SecretId": "a"]
            ).json
        }
        let allowed = try ask(Fixture.alice, "GetSecretValue")
        #expect(allowed["Allowed"] == true)
        #expect(allowed["Statement"]?["Policy"] == "store")
        #expect(allowed["Statement"]?["Index"] == 0)
        #expect(try ask(Fixture.alice, "secretsmanager:PutSecretValue")["Decision"] == "implicitDeny")
        #expect(try ask(Fixture.bob, "GetSecretValue")["Allowed"] == false)
        #expect(try ask(Fixture.owner, "DeleteSecret")["Allowed"] == true)
        let other = try fixture.call(
            "coffer.SimulatePolicy",
            ["Principal": .string("uid:\(Fixture.bob)"), "Action": "GetSecretValue", "SecretId": "a"],
            as: Fixture.alice)
        #expect(other.error == "AccessDeniedException")
    }
}
