import Testing

@testable import CofferCore

@Suite("JSON values")
struct JSONTests {
    static let valid = [
        "null", "true", "false", "0", "-0", "1", "-1", "10", "1.5", "1e3", "1E+3", "1e-3", "-0.0e0", "\"\"",
        "\"a\"", "[]", "{}", " [ ] ", "\t{\r\n}\n", "[1,2]", "[[],[[]]]", "{\"a\":1}",
        "{\"a\":{\"b\":[null]}}",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u0041\"", "\"\\u00e9\"", "\"\\uD83D\\uDE00\"",
        "\"\\ud83d\\ude00\"",
        "\"é😀\"", "\"\u{7f}\"", "\"\\u0000\"", "{\"\":0}", "123456789012345678901234567890", "\"\u{2028}\"",
        "\"\u{fffe}\u{10ffff}\"",
    ]

    static let invalid = [
        "", " ", "nul", "nulll", "True", "tru", "fals", "NaN", "Infinity", "-", "+1", "01", "-01", "00", ".5",
        "1.", "1.e3", "1e", "1e+", "0x10", "1 2", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1,,2]", "[1 2]",
        "{",
        "}", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{,}", "{a:1}", "{'a':1}",
        "{\"a\" 1}",
        "{\"a\":1 \"b\":2}", "{1:2}", "\"", "\"a", "'a'", "\"\\\"", "\"\\x41\"", "\"\\u\"", "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\U0041\"", "\"\\a\"", "\"\n\"", "\"\t\"", "\"\u{0}\"", "\"\u{1f}\"", "\"\\ud800\"", "\"\\udc00\"",
        "\"\\ud800x\"", "\"\\ud800\\u0041\"", "\"\\ud800\\ud800\"", "\"\\udc00\\ud800\"", "[1]]", "{}{}",
        "// c\n1",
        "/* c */ 1", "\u{feff}1", "\u{a0}1", "[1\u{c}]", "\"\\ud83d\\n\"", "--1", "1e1.5", "\"a\"b",
    ]

    @Test("Valid texts are read, and are read again from what is written", arguments: valid)
    func readsValid(text: String) throws {
        let value = try JSONValue(parsing: text)
        #expect(isValidJSON(text.utf8))
        #expect(try JSONValue(parsing: value.text) == value)
        #expect(try JSONValue(parsing: value.prettyText) == value)
    }

    @Test("Invalid texts are refused", arguments: invalid)
    func refusesInvalid(text: String) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
        #expect(!isValidJSON(text.utf8))
        #expect(layoutOfObject(of: text.utf8) == nil)
    }

    static let notUTF8: [[UInt8]] = [
        [0x80], [0xbf], [0xc0, 0x80], [0xc1, 0xbf], [0xc3], [0xe0, 0x80, 0x80], [0xe0, 0x9f, 0xbf],
        [0xe2, 0x82],
        [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf], [0xf0, 0x80, 0x80, 0x80], [0xf0, 0x8f, 0xbf, 0xbf],
        [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xff], [0xfe], [0xe2, 0x28, 0xa1],
        [0xf0, 0x9f, 0x98],
    ]

    @Test("Strings that are not UTF-8 are refused", arguments: notUTF8)
    func refusesInvalidUTF8(bytes: [UInt8]) {
        let quote = UInt8(ascii: "\"")
        #expect(throws: JSONError(line: 1, column: 2, what: "this is not UTF-8")) {
            try JSONValue(parsing: [quote] + bytes + [quote])
        }
        #expect(encodedCount(bytes) == nil)
    }

    @Test("64 levels of nesting are read and 65 are refused")
    func limitsDepth() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        _ = try JSONValue(parsing: nested(64))
        #expect(throws: JSONError(line: 1, column: 65, what: "more than 64 levels of nesting")) {
            try JSONValue(parsing: nested(65))
        }
        #expect(layoutOfObject(of: "{\"a\":\(nested(63))}".utf8) != nil)
        #expect(layoutOfObject(of: "{\"a\":\(nested(64))}".utf8) == nil)
        #expect(!isValidJSON(String(repeating: "[", count: 1_000_000).utf8))
    }

    @Test("An error says its line and its column in characters")
    func locatesErrors() {
        #expect(throws: JSONError(line: 3, column: 10, what: "this should be null")) {
            try JSONValue(parsing: "{\n  \"a\": 1,\n  \"é😀👨‍👩‍👧\": nill\n}")
        }
        let error = JSONError(line: 3, column: 7, what: "a digit should stand here")
        #expect(error.message == "line 3, column 7: a digit should stand here")
    }

    @Test("A name that occurs twice is refused, or the last one counts")
    func duplicateNames() throws {
        let text = "{\"a\": 1, \"\\u0061\": 2}"
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
        #expect(error?.column == 10)
        #expect(try JSONValue(parsing: text, duplicateNames: .lastCounts)["a"]?.int == 2)
    }

    @Test("Names that differ only in how an accent is composed are two names")
    func comparesBytes() throws {
        let value = try JSONValue(parsing: "{\"\u{e9}\": 1, \"e\u{301}\": 2}")
        #expect(value["\u{e9}"]?.int == 1)
        #expect(value["e\u{301}"]?.int == 2)
    }

    @Test("Values are built from literals and written in order")
    func writes() {
        let value: JSONValue = ["b": [1, "x", .null, true, []], "a": ["c": "\u{1}\"\\\n/é"], "e": [:]]
        #expect(value.text == #"{"b":[1,"x",null,true,[]],"a":{"c":"\u0001\"\\\n/é"},"e":{}}"#)
        #expect(
            value.prettyText == """
                {
                  "b": [
                    1,
                    "x",
                    null,
                    true,
                    []
                  ],
                  "a": {
                    "c": "\\u0001\\"\\\\\\n/é"
                  },
                  "e": {}
                }
                """)
        #expect(JSONValue.members(("a", 1), ("b", nil)).text == #"{"a":1}"#)
        #expect(JSONValue.number("1.50").text == "1.50")
        #expect(JSONValue.number("1.50").int == nil)
    }

    @Test("Random bytes never crash the readers, and all of them agree on what is JSON")
    func fuzz() {
        var generator = SeededGenerator(seed: 7)
        let pieces = [
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud83d", "\\ude00", "d8", "0", "-", ".", "e",
            "1",
            "true", "null", " ", "\n", "\"a\"", "é",
        ].map { Array($0.utf8) }
        var accepted = 0
        for _ in 0..<20_000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0...12, using: &generator) {
                if Int.random(in: 0..<12, using: &generator) == 0 {
                    bytes.append(UInt8.random(in: 0...255, using: &generator))
                } else {
                    bytes += pieces.randomElement(using: &generator) ?? []
                }
            }
            let value = try? JSONValue(parsing: bytes, duplicateNames: .lastCounts)
            #expect((value != nil) == isValidJSON(bytes))
            if let value {
                accepted += 1
                #expect((value.object != nil) == (layoutOfObject(of: bytes) != nil))
                #expect((try? JSONValue(parsing: value.text, duplicateNames: .lastCounts)) == value)
            }
            _ = decodedCount(bytes)
        }
        #expect(accepted > 100)
    }
}
