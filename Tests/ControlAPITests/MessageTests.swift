import CofferCore
import ControlAPI
import SecretMemory
import Testing

@Suite struct MessageTests {
    @Test("An unknown operation is refused by its name")
    func unknownOperation() throws {
        let answer = try Fixture().call("secretsmanager.StealSecret")
        #expect(answer.status == 400)
        #expect(answer.error == "UnknownOperationException")
        #expect(answer.errorType == "UnknownOperationException")
        #expect(answer.message.contains("StealSecret"))
    }

    @Test(
        "What is not a JSON object is refused",
        arguments: ["[]", "{", "nothing", "\"a\"", "{}{}", "{\"a\":}"])
    func notAnObject(_ text: String) throws {
        #expect(try Fixture().call("ListSecrets", text: text).error == "SerializationException")
    }

    @Test("An empty message stands for an object without members")
    func emptyMessage() throws {
        #expect(try Fixture().call("ListSecrets", text: "").status == 200)
    }

    @Test("A parameter that an operation doesn't have is refused by its name")
    func unknownParameter() throws {
        let answer = try Fixture().call("DescribeSecret", ["SecretId": "a", "Secretid": "b"])
        #expect(answer.error == "InvalidParameterException")
        #expect(answer.message.contains("'Secretid'"))
    }

    @Test("A parameter that is null counts as left out")
    func nullParameter() throws {
        let fixture = try Fixture()
        try fixture.make("a")
        #expect(try fixture.call("GetSecretValue", ["SecretId": "a", "VersionId": .null]).status == 200)
    }

    @Test(
        "A parameter of the wrong type is refused by its name",
        arguments: [
            ("GetSecretValue", "SecretId", 5), ("ListSecrets", "MaxResults", "5"),
            ("ListSecrets", "IncludePlannedDeletion", "true"), ("ListSecrets", "Filters", "name"),
            ("TagResource", "Tags", [["team", "web"]]), ("PutSecretValue", "VersionStages", "AWSCURRENT"),
            ("UntagResource", "TagKeys", [1]), ("coffer.LookupEvents", "StartTime", "yesterday"),
        ] as [(String, String, JSONValue)])
    func wrongType(operation: String, parameter: String, value: JSONValue) throws {
        let fixture = try Fixture()
        var members = [JSONMember(parameter, value)]
        if ["TagResource", "PutSecretValue", "UntagResource"].contains(operation) {
            members.append(JSONMember("SecretId", "a"))
        }
        let answer = try fixture.call(operation, .object(members))
        #expect(answer.error == "SerializationException")
        #expect(answer.message.contains(parameter))
    }

    @Test("A missing SecretId is asked for", arguments: ["GetSecretValue", "DescribeSecret", "DeleteSecret"])
    func missing(_ operation: String) throws {
        let answer = try Fixture().call(operation)
        #expect(answer.error == "InvalidParameterException")
        #expect(answer.message.contains("SecretId"))
    }

    @Test("A secret goes by its name and by its ARN, but not by another store's")
    func identifiers() throws {
        let fixture = try Fixture()
        try fixture.make("prod/db")
        let secret = try fixture.call("DescribeSecret", ["SecretId": "prod/db"]).json
        let arn = try #require(secret["ARN"]?.string)
        #expect(try fixture.call("GetSecretValue", ["SecretId": .string(arn)]).json["Name"] == "prod/db")
        let foreign = "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/db"
        #expect(
            try fixture.call("GetSecretValue", ["SecretId": .string(foreign)]).error
                == "ResourceNotFoundException")
    }

    @Test(
        "A name that AWS's rules or the tree refuse is refused, and the rule said",
        arguments: [
            "", "/a", "a//b", "a/../b", "a b", "prod/current", "x/versions/y", "a/metadata.json", "é",
        ])
    func badName(_ name: String) throws {
        let answer = try Fixture().call("CreateSecret", ["Name": .string(name), "SecretString": "x"])
        #expect(answer.error == "InvalidParameterException")
        #expect(answer.message != "give Name")
    }

    @Test("A message is made and read back within guarded memory")
    func body() throws {
        let value = try SecretBytes(copying: Array("pä\"\\\n".utf8).span)
        for form in [MessageBody.ValueForm.text, .binary] {
            let body = try MessageBody.make([JSONMember("SecretId", "a")], value: value, form: form)
            let layout = try MessageLayout(body)
            #expect(layout.names == ["SecretId", form.memberName])
            #expect(try layout.plain("SecretId", in: body) == "a")
            let back =
                switch form {
                case .text: try layout.secretText(form.memberName, in: body)
                case .binary: try layout.secretBinary(form.memberName, in: body)
                }
            let isSame = back?.isEqual(to: value)
            #expect(isSame == true)
        }
    }

    @Test("Bytes that are not UTF-8 go as binary")
    func form() throws {
        let text = try SecretBytes(copying: [0x68, 0xc3, 0xa9].span)
        let binary = try SecretBytes(copying: [0x68, 0xc3].span)
        #expect(MessageBody.ValueForm(of: text) == .text)
        #expect(MessageBody.ValueForm(of: binary) == .binary)
    }
}
