import Testing

@testable import CofferCore

@Suite("Names, labels and version ids")
struct SecretNameTests {
    @Test(
        "Names that AWS allows and the tree can show are taken",
        arguments: [
            "a", "prod/db", "prod/db/replica", "A-Z_a+z=0.9@x-", "...", ".a", "a.", "x/..y", "Current",
            "version",
            "metadata.jso", "a/AWSCURRENT2",
        ])
    func takes(text: String) throws {
        let name = try SecretName(text)
        #expect(name.text == text)
        #expect(name.description == text)
        #expect(name.components.joined(separator: "/") == text)
    }

    @Test(
        "Names that the tree can't show are refused with the reason",
        arguments: [
            ("", .empty), ("/", .badComponent("")), ("/a", .badComponent("")), ("a/", .badComponent("")),
            ("a//b", .badComponent("")), (".", .badComponent(".")), ("a/..", .badComponent("..")),
            ("a/./b", .badComponent(".")), ("a b", .badCharacter(" ")), ("é", .badCharacter("é")),
            ("a\n", .badCharacter("\n")), ("a\r\n", .badCharacter("\r\n")), ("a*", .badCharacter("*")),
            ("a\u{0}", .badCharacter("\u{0}")), ("a\\b", .badCharacter("\\")), ("a:b", .badCharacter(":")),
            ("current", .reserved("current")), ("a/previous/b", .reserved("previous")),
            ("a/pending", .reserved("pending")), ("AWSCURRENT", .reserved("AWSCURRENT")),
            ("a/AWSPENDING", .reserved("AWSPENDING")), ("versions/a", .reserved("versions")),
            ("a/metadata.json", .reserved("metadata.json")),
        ] as [(String, NameError)])
    func refuses(text: String, error: NameError) {
        #expect(throws: error) { try SecretName(text) }
        #expect(!error.message.isEmpty)
    }

    @Test("A name has at most 512 characters, and a component 255")
    func limitsLength() throws {
        let part = String(repeating: "x", count: 255)
        _ = try SecretName(part)
        #expect(throws: NameError.componentTooLong(component: part + "x")) { try SecretName("a/\(part)x") }
        let longest = "\(part)/\(part)"
        #expect(try SecretName(longest).text.count == 511)
        #expect(throws: NameError.badComponent("")) { try SecretName(longest + "/") }
        #expect(throws: NameError.tooLong(length: 513)) { try SecretName(longest + "/x") }
        #expect(try SecretName("a/\(part.dropLast(2))/\(part)").text.count == 511)
    }

    @Test("Names sort and compare as their texts")
    func sorts() throws {
        let names = try ["b", "a/b", "a", "a.b", "B"].map { try SecretName($0) }
        #expect(names.sorted().map(\.text) == ["B", "a", "a.b", "a/b", "b"])
        #expect(try SecretName("a") == SecretName("a"))
    }

    @Test("A label is taken by AWS's name or by its directory's, and a label of one's own as it is")
    func labels() throws {
        #expect(try StagingLabel("AWSCURRENT") == .current)
        #expect(try StagingLabel("current") == .current)
        #expect(try StagingLabel("previous").text == "AWSPREVIOUS")
        #expect(try StagingLabel("AWSPENDING").directoryName == "pending")
        #expect(try StagingLabel("canary").directoryName == "canary")
        #expect(try StagingLabel(String(repeating: "x", count: 255)).text.count == 255)
        for label in StagingLabel.aws { #expect(try StagingLabel(label.directoryName) == label) }
    }

    @Test(
        "What can't be a directory is no label",
        arguments: [
            ("", .badLength(0)), (String(repeating: "x", count: 256), .badLength(256)),
            ("a/b", .badCharacter("/")),
            ("a b", .badCharacter(" ")), ("é", .badCharacter("é")), ("versions", .reserved("versions")),
            ("metadata.json", .reserved("metadata.json")), (".", .reserved(".")), ("..", .reserved("..")),
        ] as [(String, LabelError)])
    func refusesLabels(text: String, error: LabelError) {
        #expect(throws: error) { try StagingLabel(text) }
        #expect(!error.message.isEmpty)
    }

    @Test("A version id has 32 to 64 letters, digits and hyphens")
    func versionIDs() {
        for count in [32, 36, 64] { #expect(VersionID(String(repeating: "a", count: count)) != nil) }
        for count in [0, 31, 65] { #expect(VersionID(String(repeating: "a", count: count)) == nil) }
        for bad in ["_", ".", "/", " ", "é", "\n"] {
            #expect(VersionID(String(repeating: "a", count: 40) + bad) == nil)
        }
    }

    @Test("A random version id is a version-4 UUID that is read back")
    func randomVersionIDs() throws {
        #expect(
            VersionID(random: [UInt8](repeating: 0xff, count: 16)).text
                == "ffffffff-ffff-4fff-bfff-ffffffffffff")
        #expect(
            VersionID(random: [UInt8](repeating: 0, count: 16)).text == "00000000-0000-4000-8000-000000000000"
        )
        #expect(VersionID(random: Array(0..<16)).text == "00010203-0405-4607-8809-0a0b0c0d0e0f")
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<100 {
            let id = VersionID(random: (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) })
            #expect(VersionID(id.text) == id)
        }
    }

    @Test("Each action has a name of its own, as AWS spells it")
    func actions() {
        #expect(Set(Action.allCases.map(\.name)).count == Action.allCases.count)
        #expect(Action.allCases.count <= 64)
        #expect(Action.getSecretValue.name == "secretsmanager:GetSecretValue")
        #expect(Action.listSecretVersionIds.name == "secretsmanager:ListSecretVersionIds")
        #expect(Action.kmsReEncrypt.name == "kms:ReEncrypt")
        #expect(Action.kmsGenerateDataKey.eventName == "GenerateDataKey")
        #expect(Action.lookupEvents.name == "coffer:LookupEvents")
        #expect(Action.putStorePolicy.service == "coffer")
        #expect(Action.kmsDecrypt.service == "kms")
    }

    @Test("A set of actions holds what was put in, and its inverse the rest")
    func actionSets() {
        let set = ActionSet([.getSecretValue, .getStatus])
        for action in Action.allCases {
            #expect(set.contains(action) == (action == .getSecretValue || action == .getStatus))
            #expect(set.inverted.contains(action) != set.contains(action))
            #expect(ActionSet.all.contains(action))
        }
        #expect(set.inverted.inverted == set)
        #expect(ActionSet.all.inverted.isEmpty)
    }
}
