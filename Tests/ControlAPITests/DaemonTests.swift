import CofferCore
import Foundation
import SecretsManager
import Testing

@Suite struct DaemonTests {
    private func events(_ answer: Answer) -> [(name: String, error: String?)] {
        (answer.json["Events"]?.array ?? []).map { ($0["eventName"]?.string ?? "", $0["errorCode"]?.string) }
    }

    @Test("What was done and what was refused is looked up, by secret, user and outcome")
    func lookup() throws {
        let fixture = try Fixture()
        try fixture.make("prod/db")
        try fixture.make("test/db")
        try fixture.allow(Fixture.alice, ["DescribeSecret"], on: "*")
        try fixture.call("GetSecretValue", ["SecretId": "prod/db"])
        try fixture.call("GetSecretValue", ["SecretId": "prod/db"], as: Fixture.alice)
        let denied = try fixture.call("coffer.LookupEvents", ["Outcome": "denied"])
        #expect(events(denied).map(\.error) == ["AccessDeniedException"])
        let alice = try fixture.call("coffer.LookupEvents", ["UID": .int(Fixture.alice)])
        #expect(events(alice).map(\.name) == ["GetSecretValue"])
        let secret = try fixture.call(
            "coffer.LookupEvents", ["SecretPattern": "prod/*", "Outcome": "allowed"])
        #expect(events(secret).map(\.name) == ["CreateSecret", "GetSecretValue"])
        let named = try fixture.call("coffer.LookupEvents", ["EventName": "CreateSecret", "MaxResults": 1])
        #expect(named.json["Events"]?.array?.first?["requestParameters"]?["secretId"] == "test/db")
    }

    @Test("Who follows the trail gets each record once, and finds no end of his own looks")
    func follow() throws {
        let fixture = try Fixture()
        try fixture.make("a")
        var next = try fixture.call("coffer.LookupEvents").json["Next"]
        var names: [String] = []
        func poll() throws {
            let answer = try fixture.call("coffer.LookupEvents", .members(("After", next)))
            names += events(answer).map(\.name)
            next = answer.json["Next"]
        }
        for _ in 0..<3 { try poll() }
        let quiet = fixture.manager.auditSequence
        for _ in 0..<3 { try poll() }
        #expect(fixture.manager.auditSequence == quiet)
        for _ in 0..<3 { try fixture.call("GetSecretValue", ["SecretId": "a"]) }
        for _ in 0..<4 { try poll() }
        #expect(names.count { $0 == "GetSecretValue" } == 3)
        let settled = fixture.manager.auditSequence
        try poll()
        #expect(fixture.manager.auditSequence == settled)
    }

    @Test("Pages of the trail follow each other without a gap")
    func pages() throws {
        let fixture = try Fixture()
        for number in 0..<7 { try fixture.make("s\(number)") }
        var next: JSONValue = 0
        var secrets: [String] = []
        for _ in 0..<5 {
            let answer = try fixture.call(
                "coffer.LookupEvents", ["After": next, "MaxResults": 2, "EventName": "CreateSecret"])
            secrets += (answer.json["Events"]?.array ?? []).compactMap {
                $0["requestParameters"]?["secretId"]?.string
            }
            next = try #require(answer.json["Next"])
        }
        #expect(secrets == (0..<7).map { "s\($0)" })
    }

    @Test("The trail and the state are told to those only whom a statement lets")
    func authorization() throws {
        let fixture = try Fixture()
        for operation in [
            "coffer.LookupEvents", "coffer.VerifyTrail", "coffer.GetStatus", "coffer.GetStorePolicy",
        ] {
            #expect(try fixture.call(operation, as: Fixture.alice).error == "AccessDeniedException")
            #expect(try fixture.call(operation).status == 200)
        }
        try fixture.allow(Fixture.alice, ["coffer:LookupEvents"], on: "*")
        let own = try fixture.call("coffer.LookupEvents", ["UID": .int(Fixture.alice)], as: Fixture.alice)
        #expect(events(own).map(\.error) == Array(repeating: "AccessDeniedException", count: 4))
    }

    @Test("An intact trail verifies, and a changed one does not")
    func verify() throws {
        let fixture = try Fixture()
        try fixture.make("a")
        let intact = try fixture.call("coffer.VerifyTrail").json
        #expect(intact["Intact"] == true)
        #expect(intact["Problems"] == [])
        let text = try String(contentsOfFile: fixture.auditLog, encoding: .utf8)
        let file = try FileHandle(forUpdating: URL(filePath: fixture.auditLog))
        try file.write(contentsOf: Data(text.replacing(#""secretId":"a""#, with: #""secretId":"b""#).utf8))
        try file.close()
        let broken = try fixture.call("coffer.VerifyTrail").json
        #expect(broken["Intact"] == false)
        #expect(broken["Problems"]?.array?.first?["Message"]?.string?.isEmpty == false)
    }

    @Test("The state tells what the daemon says of itself and where the trail stands")
    func status() throws {
        let fixture = try Fixture()
        let status = try fixture.call("coffer.GetStatus").json
        #expect(status["MountPoint"] == "/secrets")
        #expect(status["AuditSequence"]?.int == Int64(fixture.manager.auditSequence))
    }
}
