import CofferCore
import ControlAPI
import Foundation
import SecretMemory
import Testing

@Suite struct ValueTests {
    @Test(
        "A text value comes back character for character",
        arguments: [
            "swordfish", "a\"b\\c/d", "line\nline\r\n\ttab\u{8}\u{c}", "\u{0}\u{1}\u{1f}\u{7f}", "grüße 🗝 日本",
            "\u{2028}\u{2029}\u{feff}", #"{"user": "db", "password": "p\"w"}"#, " ",
            String(repeating: "é", count: 32_768),
        ])
    func text(_ value: String) throws {
        let fixture = try Fixture()
        try fixture.make("prod/db", value)
        let answer = try fixture.call("GetSecretValue", ["SecretId": "prod/db"])
        #expect(answer.status == 200)
        #expect(answer.json["SecretString"]?.string == value)
        #expect(answer.json["SecretBinary"] == nil)
    }

    @Test("A text that a client escapes throughout comes back the same")
    func escapes() throws {
        let fixture = try Fixture()
        let message = #"{"Name":"a","SecretString":"\u0041\ud83d\udddd\/\u00e9\n\u0000"}"#
        #expect(try fixture.call("CreateSecret", text: message).status == 200)
        let answer = try fixture.call("GetSecretValue", ["SecretId": "a"])
        #expect(answer.json["SecretString"]?.string == "A🗝/é\n\u{0}")
    }

    @Test(
        "A binary value of any length comes back byte for byte",
        arguments: [1, 2, 3, 4, 255, 4096, 65_535, 65_536])
    func binary(_ count: Int) throws {
        let fixture = try Fixture()
        let bytes = Data((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ $0 >> 8) })
        let text = bytes.base64EncodedString()
        let made = try fixture.call("CreateSecret", ["Name": "store.p12", "SecretBinary": .string(text)])
        #expect(made.status == 200)
        let answer = try fixture.call("GetSecretValue", ["SecretId": "store.p12"])
        #expect(answer.json["SecretBinary"]?.string == text)
        #expect(answer.json["SecretString"] == nil)
    }

    @Test("A binary value stays binary though its bytes are text")
    func binaryText() throws {
        let fixture = try Fixture()
        try fixture.call("CreateSecret", ["Name": "a", "SecretBinary": "aGVsbG8="])
        #expect(try fixture.call("GetSecretValue", ["SecretId": "a"]).json["SecretBinary"] == "aGVsbG8=")
    }

    @Test("A value past the limit is refused and changes nothing")
    func tooLarge() throws {
        let fixture = try Fixture()
        try fixture.make("a", "before")
        let value = String(repeating: "x", count: 65_537)
        let answer = try fixture.call("PutSecretValue", ["SecretId": "a", "SecretString": .string(value)])
        #expect(answer.error == "InvalidParameterException")
        #expect(answer.message.contains("65536"))
        #expect(try fixture.call("GetSecretValue", ["SecretId": "a"]).json["SecretString"] == "before")
    }

    @Test("An empty value is refused, as text and as binary", arguments: ["SecretString", "SecretBinary"])
    func empty(_ member: String) throws {
        let fixture = try Fixture()
        try fixture.make("a")
        let message = JSONValue.object([JSONMember("SecretId", "a"), JSONMember(member, "")])
        #expect(try fixture.call("PutSecretValue", message).error == "InvalidParameterException")
    }

    @Test("A value as text and as binary at once is refused")
    func both() throws {
        let answer = try Fixture().call(
            "CreateSecret", ["Name": "a", "SecretString": "x", "SecretBinary": "eA=="])
        #expect(answer.error == "InvalidParameterException")
    }

    @Test("A binary value that is not base64 is refused", arguments: ["eA=", "eA", "e A==", "eB==", "****"])
    func notBase64(_ text: String) throws {
        let answer = try Fixture().call("CreateSecret", ["Name": "a", "SecretBinary": .string(text)])
        #expect(answer.error == "SerializationException")
        #expect(answer.message.contains("SecretBinary"))
    }

    @Test("A value of another type is refused with the member's name and without the value")
    func wrongType() throws {
        let answer = try Fixture().call("CreateSecret", ["Name": "a", "SecretString": 271_828_182])
        #expect(answer.error == "SerializationException")
        #expect(answer.message.contains("SecretString"))
        #expect(!answer.message.contains("271828182"))
    }

    @Test("A member of a JSON object comes back as its file reads")
    func member() throws {
        let fixture = try Fixture()
        try fixture.make("a", #"{"user":"d\u0062","port":5432,"tls":{"on": true}}"#)
        func read(_ member: String) throws -> JSONValue? {
            try fixture.call("GetSecretValue", ["SecretId": "a", "Member": .string(member)]).json[
                "SecretString"]
        }
        #expect(try read("user") == "db")
        #expect(try read("port") == "5432")
        #expect(try read("tls") == #"{"on": true}"#)
        let answer = try fixture.call("GetSecretValue", ["SecretId": "a", "Member": "password"])
        #expect(answer.error == "ResourceNotFoundException")
    }

    @Test("A version is had by its id, by a label, and by both only where they agree")
    func versions() throws {
        let fixture = try Fixture()
        let first = try fixture.make("a", "one")
        try fixture.call("PutSecretValue", ["SecretId": "a", "SecretString": "two"])
        func get(_ more: (String, JSONValue)...) throws -> Answer {
            try fixture.call(
                "GetSecretValue",
                .object([JSONMember("SecretId", "a")] + more.map { JSONMember($0.0, $0.1) }))
        }
        #expect(try get().json["SecretString"] == "two")
        #expect(try get(("VersionId", .string(first))).json["SecretString"] == "one")
        #expect(try get(("VersionStage", "AWSPREVIOUS")).json["SecretString"] == "one")
        #expect(try get(("VersionStage", "AWSPREVIOUS"), ("VersionId", .string(first))).status == 200)
        #expect(
            try get(("VersionStage", "AWSCURRENT"), ("VersionId", .string(first))).error
                == "InvalidRequestException")
        #expect(try get(("VersionStage", "AWSPENDING")).error == "ResourceNotFoundException")
        let unknown = JSONValue.string(String(repeating: "0", count: 32))
        #expect(try get(("VersionId", unknown)).error == "ResourceNotFoundException")
    }

    @Test("A value stands neither in an error nor in the audit trail")
    func silence() throws {
        let fixture = try Fixture()
        let value = "correct-horse-battery-staple"
        try fixture.make("a", value)
        try fixture.call("GetSecretValue", ["SecretId": "a"])
        let answers = [
            try fixture.call("PutSecretValue", ["SecretId": "none", "SecretString": .string(value)]),
            try fixture.call("PutSecretValue", ["SecretId": "a", "SecretString": .string(value), "X": 1]),
            try fixture.call("CreateSecret", ["Name": "a", "SecretString": .string(value)]),
            try fixture.call("PutSecretValue", text: #"{"SecretId":"a","SecretString":"\#(value)"#),
        ]
        #expect(answers.allSatisfy { $0.status == 400 && !$0.message.contains(value) })
        let trail = try String(contentsOfFile: fixture.auditLog, encoding: .utf8)
        #expect(trail.contains("GetSecretValue"))
        #expect(!trail.contains(value))
    }
}
