import AuditTrail
import CofferCore
import Foundation
import Testing

@Suite("The format of a record")
struct FormatTests {
    @Test("A record is the line that the documents show")
    func goldenLine() throws {
        let workspace = try Workspace()
        let trail = try workspace.open()
        let event = AuditEvent(
            time: Timestamp(milliseconds: 1_795_528_923_004), name: "GetSecretValue",
            source: "secretsmanager", caller: Caller(uid: 33, gid: 33, pid: 4711, door: .mount),
            executable: "/bin/cat", secretID: "prod/db", versionID: "v-1", versionStage: "AWSCURRENT",
            member: "password", requestID: 42, isReadOnly: true)
        try trail.append(event)
        let line = try #require(try workspace.lines.first)
        let expected = #"""
            {"eventVersion":"1.0","sequence":1,"eventTime":"2026-11-24T14:02:03.004Z","eventSource":"secretsmanager","eventName":"GetSecretValue","userIdentity":{"type":"LocalUser","uid":33,"gid":33,"pid":4711,"executable":"/bin/cat","via":"mount"},"requestParameters":{"secretId":"prod/db","versionId":"v-1","versionStage":"AWSCURRENT","member":"password"},"requestID":"000000000000002a","eventID":"a0a1a2a3-a4a5-8a6a-8000-000000000001","readOnly":true,"chain":"CHAIN"}
            """#
        let mac = trail.checkpoint.mac.map { String(format: "%02x", $0) }.joined()
        #expect(line == expected.replacingOccurrences(of: "CHAIN", with: mac))
        #expect(mac == "8646da8d8c9f2ac7431f3aa03cc52df4")
    }

    @Test("A refusal by the daemon with nothing but a name has its fields too")
    func bareEvent() throws {
        let workspace = try Workspace()
        try workspace.open().append(
            AuditEvent(
                time: Timestamp(milliseconds: 999), name: "ListSecrets", source: "secretsmanager",
                caller: Caller(uid: 0, gid: 0, pid: -1, door: .daemon),
                parameters: [("a", "b"), ("c", "d")], errorCode: "InternalFailure", requestID: 1,
                isReadOnly: false))
        let line = try #require(try workspace.lines.first)
        #expect(line.contains(#""eventTime":"1970-01-01T00:00:00.999Z""#))
        #expect(line.contains(#""userIdentity":{"type":"Service","uid":0,"gid":0,"pid":0,"via":"daemon"}"#))
        #expect(
            line.contains(#""requestParameters":{"a":"b","c":"d"},"errorCode":"InternalFailure","requestID""#)
        )
        #expect(line.contains(#""readOnly":false,"chain":""#))
    }

    @Test("Any text comes back from its line as it was")
    func escaping() throws {
        let workspace = try Workspace()
        let trail = try workspace.open()
        var generator = SplitMix(state: 20_261_124)
        let alphabet: [Unicode.Scalar] =
            (0..<0x100).compactMap(Unicode.Scalar.init) + [
                "\u{2028}", "\u{202E}", "\u{2066}", "€", "😀", "\u{FFFD}",
            ]
        var texts: [String] = ["", "\"", "\\", "\"secretId\":\"", "a\nb", "\u{7F}\u{80}\u{9F}\u{A0}"]
        for _ in 0..<500 {
            var text = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0..<40, using: &generator) {
                text.append(alphabet.randomElement(using: &generator) ?? "x")
            }
            texts.append(String(text))
        }
        for text in texts {
            try trail.append(
                AuditEvent(
                    time: Timestamp(seconds: 1), name: text, source: text,
                    caller: Caller(uid: 1, gid: 1, pid: 1, door: .socket), executable: text, secretID: text,
                    versionID: text, versionStage: text, member: text, parameters: [("p" + text, text)],
                    errorCode: text, errorMessage: text, requestID: 1, isReadOnly: true))
        }
        let lines = try workspace.lines
        #expect(lines.count == texts.count)
        for (line, text) in zip(lines, texts) {
            #expect(line.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
            #expect(
                !line.unicodeScalars.contains {
                    (0x80..<0xA0).contains($0.value) || (0x2000..<0x2080).contains($0.value)
                })
            let object = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            for field in ["eventName", "eventSource", "errorCode", "errorMessage"] {
                #expect((object[field] as? String).map { Array($0.utf8) } == Array(text.utf8))
            }
            let parameters = try #require(object["requestParameters"] as? [String: String])
            for field in ["secretId", "versionId", "versionStage", "member"] {
                #expect(parameters[field].map { Array($0.utf8) } == Array(text.utf8))
            }
        }
        #expect(try trail.verify(key: Workspace.key()).isIntact)
    }

    @Test("A text beyond all measure is cut at a character, and says so")
    func longText() throws {
        let workspace = try Workspace()
        let trail = try workspace.open()
        var event = AuditEvent.sample(1)
        event.executable = "x" + String(repeating: "é", count: 40_000)
        try trail.append(event)
        let line = try #require(try workspace.lines.first)
        let object = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        let identity = try #require(object["userIdentity"] as? [String: Any])
        #expect(identity["executable"] as? String == "x" + String(repeating: "é", count: 16_383) + "…")
    }

    @Test("An event that is too long for a line is refused, and the next one is not")
    func tooLong() throws {
        let workspace = try Workspace()
        let trail = try workspace.open()
        var event = AuditEvent.sample(1)
        event.parameters = (0..<40).map { ("p\($0)", String(repeating: "x", count: 32_000)) }
        #expect(throws: AuditError.tooLong(limitBytes: 1 << 20)) { try trail.append(event) }
        #expect(try trail.append(.sample(2)) == 1)
        #expect(try trail.verify(key: Workspace.key()).isIntact)
    }

    @Test("Files and directory are the owner's alone")
    func modes() throws {
        let workspace = try Workspace()
        try workspace.fill(1)
        func mode(_ path: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        }
        #expect(try mode(workspace.directory) == 0o700)
        #expect(try mode(workspace.log) == 0o600)
        #expect(try mode(workspace.head) == 0o600)
    }
}

/// A small generator with a seed, so that a failure comes back. Source: Steele, Lea, Flood, "Fast Splittable
/// Pseudorandom Number Generators" (2014).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
