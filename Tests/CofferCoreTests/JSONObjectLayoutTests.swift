import Testing

@testable import CofferCore

@Suite("The layout of a JSON object")
struct JSONObjectLayoutTests {
    @Test("Every member is listed with where its name and value stand and how long its file is")
    func listsMembers() throws {
        let text = #" { "user" : "a\u00e9\n" , "n":-1.5e3,"o": { "x": [ 1 ] } ,"":null } "#
        let bytes = Array(text.utf8)
        let layout = try #require(layoutOfObject(of: bytes))
        func slice(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
        #expect(layout.members.map(\.name) == ["user", "n", "o", ""])
        #expect(layout.members.map(\.kind) == [.string, .other, .other, .other])
        #expect(
            layout.members.map { slice($0.valueRange) }
                == [#""a\u00e9\n""#, "-1.5e3", #"{ "x": [ 1 ] }"#, "null"])
        #expect(layout.members.map { slice($0.nameRange) } == ["\"user\"", "\"n\"", "\"o\"", "\"\""])
        #expect(layout.members.map(\.decodedCount) == [4, 6, 14, 4])
        #expect(bytes[layout.closingBrace] == UInt8(ascii: "}"))
        #expect(layout["o"]?.kind == .other)
        #expect(layout["p"] == nil)
    }

    @Test("Of two members with one name the last counts")
    func lastCounts() throws {
        let layout = try #require(layoutOfObject(of: #"{"a":1,"b":2,"\u0061":"x"}"#.utf8))
        #expect(layout.members.map(\.name) == ["b", "a"])
        #expect(layout["a"]?.kind == .string)
    }

    @Test(
        "A text that is not one object has no layout",
        arguments: ["", "[]", "1", "\"a\"", "{} {}", "{\"a\":1}x", "{\"a\":[}", "{\"a\":\"\\ud800\"}"])
    func refuses(text: String) {
        #expect(layoutOfObject(of: text.utf8) == nil)
    }

    @Test("A string member decodes to exactly the text that a parser reads")
    func decodesMembers() throws {
        var generator = SeededGenerator(seed: 11)
        let alphabet = ["a", "\"", "\\", "\n", "\u{0}", "\u{1f}", "é", "€", "😀", "/", "\u{7f}", "\u{fffd}"]
        for _ in 0..<500 {
            let texts = (0..<3).map { _ in
                (0..<Int.random(in: 0...8, using: &generator)).map { _ in
                    alphabet.randomElement(using: &generator) ?? ""
                }.joined()
            }
            let members = zip(["x", "y", "z"], texts).map { name, text in
                "\"\(name)\":\(Self.escaped(text, using: &generator))"
            }
            let bytes = Array("{\(members.joined(separator: ","))}".utf8)
            let layout = try #require(layoutOfObject(of: bytes))
            for (member, text) in zip(layout.members, texts) {
                let token = Array(bytes[member.valueRange])
                #expect(decoded(token) == Array(text.utf8))
                #expect(member.decodedCount == text.utf8.count)
                #expect(decodedCount(token) == text.utf8.count)
            }
        }
    }

    @Test("Encoding a text and decoding it gives the text, at the length that was foretold")
    func roundTrips() throws {
        var generator = SeededGenerator(seed: 13)
        for _ in 0..<500 {
            var text = ""
            for _ in 0..<Int.random(in: 0...20, using: &generator) {
                let limit: UInt32 =
                    [0x20, 0x80, 0x800, 0x10000, 0x110000].randomElement(using: &generator) ?? 0
                if let scalar = UnicodeScalar(UInt32.random(in: 0..<limit, using: &generator)) {
                    text.unicodeScalars.append(scalar)
                }
            }
            let token = encodedString(text)
            #expect(encodedCount(text.utf8) == token.count)
            #expect(decoded(token) == Array(text.utf8))
            #expect(try JSONValue(parsing: token).string.map { Array($0.utf8) } == Array(text.utf8))
        }
    }

    @Test("Encoding escapes what must be escaped and nothing else")
    func escapesLittle() throws {
        let bytes = encodedString("\u{0}\u{8}\t\n\u{b}\u{c}\r\u{1f} !\"/\\\u{7f}é\u{2028}😀")
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "\"\\u0000\\b\\t\\n\\u000b\\f\\r\\u001f !\\\"/\\\\\u{7f}é\u{2028}😀\"")
    }

    @Test(
        "Only a whole token has a decoded count",
        arguments: ["", "\"", "a", "\"a\"b", "\"a", "a\"", "\"\\\""])
    func refusesTokens(text: String) {
        #expect(decodedCount(text.utf8) == nil)
    }

    private func decoded(_ token: [UInt8]) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: token.count)
        var output = bytes.mutableSpan
        let count = JSONStringCodec.decode(token.span, into: &output)
        return Array(bytes[..<count])
    }

    /// A JSON string in which each character is escaped or not, at random where both are allowed.
    private static func escaped(_ text: String, using generator: inout SeededGenerator) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            if scalar.value >= 0x20, scalar != "\"", scalar != "\\", Bool.random(using: &generator) {
                result.unicodeScalars.append(scalar)
            } else {
                for unit in String(scalar).utf16 {
                    let hex = String(unit, radix: 16, uppercase: Bool.random(using: &generator))
                    result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
                }
            }
        }
        return result + "\""
    }
}
