import CofferCore
import SecretMemory
import Testing

@testable import SecretsManager

@Suite struct FileSettingsTests {
    @Test("A secret shows no file settings until some are given, and keeps what isn't named")
    func settings() throws {
        let fixture = try Fixture()
        try fixture.make("a")
        #expect(try describe(fixture) == nil)
        try fixture.put(["Owner": "alice", "Mode": "0640"])
        #expect(try describe(fixture) == ["Owner": 2001, "Mode": "0640", "Strict": false])
        try fixture.put(["Group": "staff", "Strict": true])
        #expect(try describe(fixture) == ["Owner": 2001, "Group": 3000, "Mode": "0640", "Strict": true])
        try fixture.put(["Default": true, "Owner": 0])
        #expect(try describe(fixture) == ["Owner": 0, "Strict": true])
        try fixture.put(["Default": true, "Strict": false])
        #expect(try describe(fixture) == nil)
    }

    @Test("A secret can be made with its file settings, all or nothing")
    func create() throws {
        let fixture = try Fixture()
        let bad = try fixture.call(
            "CreateSecret", ["Name": "a", "SecretString": "x", "FileSettings": ["Owner": "nobody-here"]])
        #expect(bad.error == "InvalidParameterException")
        #expect(bad.message.contains("no user 'nobody-here'"))
        #expect(try fixture.call("DescribeSecret", ["SecretId": "a"]).error == "ResourceNotFoundException")
        try fixture.call(
            "CreateSecret",
            [
                "Name": "a", "SecretString": "x",
                "FileSettings": ["Group": "4711", "Mode": "400", "Strict": true],
            ])
        #expect(try describe(fixture) == ["Group": 4711, "Mode": "0400", "Strict": true])
    }

    @Test(
        "What is no owner, group, mode or member is refused, and changes nothing",
        arguments: [
            (["Owner": "nobody-here"], "InvalidParameterException"),
            (["Owner": ""], "InvalidParameterException"),
            (["Owner": "4294967295"], "InvalidParameterException"),
            (["Owner": -1], "InvalidParameterException"),
            (["Owner": true], "SerializationException"),
            (["Group": "alice"], "InvalidParameterException"),
            (["Mode": "0755"], "InvalidParameterException"),
            (["Mode": "4600"], "InvalidParameterException"),
            (["Mode": "0240"], "InvalidParameterException"),
            (["Mode": "0608"], "InvalidParameterException"),
            (["Mode": 384], "SerializationException"),
            (["Strict": "yes"], "SerializationException"),
            (["Colour": "red"], "InvalidParameterException"),
            ([:], "InvalidParameterException"),
            ([], "SerializationException"),
        ] as [(JSONValue, String)])
    func refused(settings: JSONValue, error: String) throws {
        let fixture = try Fixture()
        try fixture.make("a")
        let message: JSONValue = ["SecretId": "a", "FileSettings": settings]
        #expect(try fixture.call("coffer.PutFileSettings", message).error == error)
        #expect(try describe(fixture) == nil)
    }

    @Test("It takes UpdateSecret, and who may not see the secret is told that there is none")
    func policy() throws {
        let fixture = try Fixture()
        try fixture.make("a")
        let message: JSONValue = ["SecretId": "a", "FileSettings": ["Strict": true]]
        func ask(_ uid: UInt32) throws -> Answer {
            try fixture.call("coffer.PutFileSettings", message, as: uid)
        }
        #expect(try ask(Fixture.alice).error == "ResourceNotFoundException")
        try fixture.allow(Fixture.alice, ["DescribeSecret", "PutSecretValue"], on: "a")
        #expect(try ask(Fixture.alice).error == "AccessDeniedException")
        try fixture.allow(Fixture.alice, ["UpdateSecret"], on: "a")
        #expect(try ask(Fixture.alice).status == 200)
    }

    @Test("Every mode that is told is read again, and only those of the rule are read")
    func modes() {
        for mode in UInt16(0)...0o7777 {
            let text = FileSettings.text(ofMode: mode)
            let isAllowed = mode & ~0o666 == 0 && mode & 0o400 != 0
            #expect(FileSettings.mode(text) == (isAllowed ? mode : nil), "\(text)")
        }
        #expect(FileSettings.mode("600") == 0o600)
        #expect(FileSettings.mode("-600") == nil)
    }

    @Test(
        "File settings come back from the record as they went in",
        arguments: [
            FileSettings.standard, FileSettings(owner: 0), FileSettings(group: .max - 1, isStrict: true),
            FileSettings(mode: 0o666), FileSettings(owner: 33, group: 4711, mode: 0o440, isStrict: true),
        ])
    func roundTrip(_ settings: FileSettings) throws {
        var record = SecretRecord(serial: 7, name: try SecretName("a/b"), created: Timestamp(seconds: 1))
        record.fileSettings = settings
        #expect(try SecretRecord(decoding: record.encoded) == record)
        #expect(throws: BinaryFormatError.self) { try SecretRecord(decoding: record.encoded.dropLast()) }
        #expect(throws: BinaryFormatError.self) { try SecretRecord(decoding: record.encoded + [0]) }
    }

    @Test("A draft's expectation is compared in the change itself")
    func expectation() throws {
        let fixture = try Fixture()
        let first = try #require(VersionID(try fixture.make("a", "one")))
        let owner = Caller(uid: Fixture.owner, gid: 0, pid: 0, groups: [], door: .mount)
        let target = DraftTarget(name: try SecretName("a"), label: .current, member: nil)
        let base = try fixture.manager.openDraft(owner, target, alsoReads: false).version
        let stale = try #require(VersionID(String(repeating: "0", count: 32)))
        func commit(_ text: String, _ expected: ExpectedVersion, after made: WrittenVersion? = nil) throws
            -> WrittenVersion?
        {
            let file = try SecretBytes(copying: Array(text.utf8).span)
            return try fixture.manager.commitDraft(
                owner, target, file: file, base: base, committed: made, expecting: expected)
        }
        for wrong in [ExpectedVersion.absent, .id(stale)] {
            for text in ["two", "one"] {
                let error = #expect(throws: ServiceError.self) { _ = try commit(text, wrong) }
                #expect(error?.code == "PreconditionNotMetException")
            }
        }
        #expect(try commit("one", .id(first)) == nil)
        let made = try #require(try commit("two", .id(first)))
        // The same open file goes on writing: what it has made itself is no surprise.
        let again = try #require(try commit("three", .id(first), after: made))
        #expect(again.version?.id == made.version?.id)
        try fixture.call("PutSecretValue", ["SecretId": "a", "SecretString": "theirs"])
        #expect(throws: ServiceError.self) { _ = try commit("four", .id(first), after: made) }
        let value = try fixture.call("GetSecretValue", ["SecretId": "a"]).json["SecretString"]
        #expect(value == "theirs")
    }

    @Test("What is expected is `none` or a version id")
    func expectedText() {
        #expect(ExpectedVersion("none") == .absent)
        #expect(ExpectedVersion(String(repeating: "a", count: 32))?.text == String(repeating: "a", count: 32))
        for text in ["", "None", "abc", String(repeating: "ä", count: 32)] {
            #expect(ExpectedVersion(text) == nil)
        }
    }

    private func describe(_ fixture: Fixture) throws -> JSONValue? {
        try fixture.call("DescribeSecret", ["SecretId": "a"]).json["FileSettings"]
    }
}

extension Fixture {
    fileprivate func put(_ settings: JSONValue) throws {
        let answer = try call("coffer.PutFileSettings", ["SecretId": "a", "FileSettings": settings])
        guard answer.status == 200 else { throw Unexpected(answer) }
    }
}
