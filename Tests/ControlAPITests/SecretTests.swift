import CofferCore
import Testing

@Suite struct SecretTests {
    @Test("A secret can be made without a value, and has no version then")
    func withoutValue() throws {
        let fixture = try Fixture()
        let made = try fixture.call("CreateSecret", ["Name": "a"])
        #expect(made.status == 200)
        #expect(made.json["VersionId"] == nil)
        #expect(try fixture.call("GetSecretValue", ["SecretId": "a"]).error == "ResourceNotFoundException")
        #expect(try fixture.stages("a").isEmpty)
    }

    @Test("A name is given once; the same token and value again are the same request")
    func create() throws {
        let fixture = try Fixture()
        let token = JSONValue.string(String(repeating: "7", count: 32))
        let message: JSONValue = ["Name": "a", "SecretString": "x", "ClientRequestToken": token]
        let first = try fixture.call("CreateSecret", message)
        let again = try fixture.call("CreateSecret", message)
        #expect(first.status == 200)
        #expect(again.json == first.json)
        let other = try fixture.call(
            "CreateSecret", ["Name": "a", "SecretString": "y", "ClientRequestToken": token])
        #expect(other.error == "ResourceExistsException")
        #expect(
            try fixture.call("CreateSecret", ["Name": "a", "SecretString": "x"]).error
                == "ResourceExistsException")
    }

    @Test("The same token and value make one version; another value with it is refused")
    func token() throws {
        let fixture = try Fixture()
        try fixture.make("a", "one")
        let token = JSONValue.string(String(repeating: "8", count: 40))
        func put(_ value: JSONValue) throws -> Answer {
            try fixture.call(
                "PutSecretValue", ["SecretId": "a", "SecretString": value, "ClientRequestToken": token])
        }
        #expect(try put("two").json["VersionStages"] == ["AWSCURRENT"])
        #expect(try put("two").json["VersionId"] == token)
        #expect(try fixture.stages("a").count == 2)
        #expect(try put("three").error == "ResourceExistsException")
        #expect(try fixture.call("GetSecretValue", ["SecretId": "a"]).json["SecretString"] == "two")
        let update = try fixture.call(
            "UpdateSecret", ["SecretId": "a", "SecretString": "two", "ClientRequestToken": token])
        #expect(update.error == "ResourceExistsException")
    }

    @Test("A new version becomes current and leaves the one before as previous")
    func stages() throws {
        let fixture = try Fixture()
        let first = try fixture.make("a", "one")
        let second = try version(fixture.call("PutSecretValue", ["SecretId": "a", "SecretString": "two"]))
        #expect(try fixture.stages("a") == [first: ["AWSPREVIOUS"], second: ["AWSCURRENT"]])
        let third = try version(
            fixture.call(
                "PutSecretValue",
                ["SecretId": "a", "SecretString": "three", "VersionStages": ["AWSPENDING", "canary"]]))
        #expect(
            try fixture.stages("a") == [
                first: ["AWSPREVIOUS"], second: ["AWSCURRENT"], third: ["AWSPENDING", "canary"],
            ])
    }

    @Test("A label moves only from the version that the request says it is on")
    func compareAndSwap() throws {
        let fixture = try Fixture()
        let first = try fixture.make("a", "one")
        let second = try version(fixture.call("PutSecretValue", ["SecretId": "a", "SecretString": "two"]))
        func move(_ stage: String, to: String?, from: String?) throws -> Answer {
            try fixture.call(
                "UpdateSecretVersionStage",
                .members(
                    ("SecretId", "a"), ("VersionStage", .string(stage)),
                    ("MoveToVersionId", to.map { .string($0) }),
                    ("RemoveFromVersionId", from.map { .string($0) })))
        }
        #expect(try move("AWSCURRENT", to: first, from: nil).error == "InvalidParameterException")
        #expect(try move("AWSCURRENT", to: first, from: first).error == "InvalidParameterException")
        #expect(try fixture.stages("a") == [first: ["AWSPREVIOUS"], second: ["AWSCURRENT"]])
        #expect(try move("AWSCURRENT", to: first, from: second).status == 200)
        #expect(try fixture.stages("a") == [first: ["AWSCURRENT"], second: ["AWSPREVIOUS"]])
        #expect(try move("canary", to: second, from: nil).status == 200)
        #expect(try move("canary", to: nil, from: second).status == 200)
        #expect(try fixture.stages("a")[second] == ["AWSPREVIOUS"])
        #expect(try move("AWSCURRENT", to: nil, from: first).error == "InvalidParameterException")
        #expect(try move("AWSCURRENT", to: nil, from: nil).error == "InvalidParameterException")
    }

    @Test("All versions together bear at most twenty labels")
    func labelQuota() throws {
        let fixture = try Fixture()
        try fixture.make("a")
        let labels = (0..<20).map { JSONValue.string("label\($0)") }
        func put(_ labels: some Sequence<JSONValue>) throws -> Answer {
            try fixture.call(
                "PutSecretValue",
                ["SecretId": "a", "SecretString": "x", "VersionStages": .array(Array(labels))])
        }
        #expect(try put(labels).error == "LimitExceededException")
        #expect(try put(labels.dropFirst()).status == 200)
    }

    @Test("A description is changed alone, and with a value in one step")
    func update() throws {
        let fixture = try Fixture()
        try fixture.make("a", "one")
        try fixture.call("UpdateSecret", ["SecretId": "a", "Description": "the old one"])
        #expect(try fixture.call("DescribeSecret", ["SecretId": "a"]).json["Description"] == "the old one")
        #expect(try fixture.stages("a").count == 1)
        let answer = try fixture.call(
            "UpdateSecret", ["SecretId": "a", "Description": "the new one", "SecretString": "two"])
        #expect(answer.json["VersionId"] != nil)
        #expect(try fixture.call("DescribeSecret", ["SecretId": "a"]).json["Description"] == "the new one")
        #expect(try fixture.call("GetSecretValue", ["SecretId": "a"]).json["SecretString"] == "two")
        let long = JSONValue.string(String(repeating: "d", count: 2049))
        #expect(
            try fixture.call("UpdateSecret", ["SecretId": "a", "Description": long]).error
                == "InvalidParameterException")
    }

    @Test("A deleted secret can't be read, is not listed, keeps its name, and comes back")
    func deletion() throws {
        let fixture = try Fixture()
        try fixture.make("a", "one")
        let deleted = try fixture.call("DeleteSecret", ["SecretId": "a", "RecoveryWindowInDays": 7])
        #expect(deleted.json["DeletionDate"] != nil)
        #expect(try fixture.call("GetSecretValue", ["SecretId": "a"]).error == "InvalidRequestException")
        #expect(
            try fixture.call("PutSecretValue", ["SecretId": "a", "SecretString": "x"]).error
                == "InvalidRequestException")
        #expect(try fixture.call("DescribeSecret", ["SecretId": "a"]).json["DeletedDate"] != nil)
        #expect(try fixture.call("ListSecrets").names.isEmpty)
        #expect(try fixture.call("ListSecrets", ["IncludePlannedDeletion": true]).names == ["a"])
        #expect(try fixture.call("CreateSecret", ["Name": "a"]).error == "InvalidRequestException")
        #expect(try fixture.call("RestoreSecret", ["SecretId": "a"]).status == 200)
        #expect(try fixture.call("GetSecretValue", ["SecretId": "a"]).json["SecretString"] == "one")
    }

    @Test("A recovery window has 7 to 30 days, and excludes force", arguments: [6, 31, 0, -1])
    func window(_ days: Int) throws {
        let fixture = try Fixture()
        try fixture.make("a")
        let answer = try fixture.call("DeleteSecret", ["SecretId": "a", "RecoveryWindowInDays": .int(days)])
        #expect(answer.error == "InvalidParameterException")
        let both = try fixture.call(
            "DeleteSecret",
            ["SecretId": "a", "RecoveryWindowInDays": 7, "ForceDeleteWithoutRecovery": true])
        #expect(both.error == "InvalidParameterException")
        #expect(try fixture.call("ListSecrets").names == ["a"])
    }

    @Test("A forced deletion is at once, and succeeds where there is nothing")
    func force() throws {
        let fixture = try Fixture()
        try fixture.make("a")
        let message: JSONValue = ["SecretId": "a", "ForceDeleteWithoutRecovery": true]
        #expect(try fixture.call("DeleteSecret", message).status == 200)
        #expect(try fixture.call("DescribeSecret", ["SecretId": "a"]).error == "ResourceNotFoundException")
        #expect(try fixture.call("RestoreSecret", ["SecretId": "a"]).error == "ResourceNotFoundException")
        #expect(try fixture.call("DeleteSecret", message).status == 200)
        #expect(try fixture.call("DeleteSecret", ["SecretId": "a"]).error == "ResourceNotFoundException")
        #expect(try fixture.make("a", "again") != "")
    }

    @Test("Tags are set, changed and removed within AWS's limits")
    func tags() throws {
        let fixture = try Fixture()
        try fixture.make("a")
        func tag(_ tags: [(String, String)]) throws -> Answer {
            let list = tags.map { JSONValue.members(("Key", .string($0.0)), ("Value", .string($0.1))) }
            return try fixture.call("TagResource", ["SecretId": "a", "Tags": .array(list)])
        }
        func present() throws -> [JSONValue] {
            try fixture.call("DescribeSecret", ["SecretId": "a"]).json["Tags"]?.array ?? []
        }
        #expect(try tag([("team", "web"), ("tier", "")]).status == 200)
        #expect(try tag([("team", "data")]).status == 200)
        #expect(try present() == [["Key": "team", "Value": "data"], ["Key": "tier", "Value": ""]])
        #expect(
            try fixture.call("UntagResource", ["SecretId": "a", "TagKeys": ["tier", "none"]]).status == 200)
        #expect(try present().count == 1)
        for bad in [
            ("", "x"), (String(repeating: "k", count: 129), "x"), ("k", String(repeating: "v", count: 257)),
            ("aws:k", "x"),
        ] {
            #expect(try tag([bad]).error == "InvalidParameterException")
        }
        #expect(try tag([("k", "1"), ("k", "2")]).error == "InvalidParameterException")
        #expect(try tag((0..<50).map { ("key\($0)", "v") }).error == "InvalidParameterException")
        #expect(try tag((0..<49).map { ("key\($0)", "v") }).status == 200)
        #expect(try present().count == 50)
    }

    @Test("A password has the length and the characters that were asked for")
    func password() throws {
        let fixture = try Fixture()
        let plain = try fixture.call("GetRandomPassword").json["RandomPassword"]?.string ?? ""
        #expect(plain.count == 32)
        let digits =
            try fixture.call(
                "GetRandomPassword",
                [
                    "PasswordLength": 4096, "ExcludeUppercase": true, "ExcludeLowercase": true,
                    "ExcludePunctuation": true, "ExcludeCharacters": "05",
                ]
            ).json["RandomPassword"]?.string ?? ""
        #expect(digits.count == 4096)
        #expect(Set(digits) == Set("12346789"))
        for bad in [0, 4097] {
            #expect(
                try fixture.call("GetRandomPassword", ["PasswordLength": .int(bad)]).error
                    == "InvalidParameterException")
        }
    }

    private func version(_ answer: Answer) throws -> String {
        guard let version = answer.json["VersionId"]?.string else { throw Unexpected(answer) }
        return version
    }
}
