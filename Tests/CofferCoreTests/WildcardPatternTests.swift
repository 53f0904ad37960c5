import Testing

@testable import CofferCore

@Suite("Wildcards")
struct WildcardPatternTests {
    @Test(
        "Stars match any characters and question marks one",
        arguments: [
            ("", "", true), ("", "a", false), ("*", "", true), ("*", "a/b", true), ("**", "a", true),
            ("?", "", false),
            ("?", "a", true), ("?", "é", true), ("?", "😀", true), ("?", "ab", false), ("?", "/", true),
            ("*?", "", false),
            ("*?", "é", true), ("?*?", "a", false), ("?*?", "ab", true), ("a*", "a", true),
            ("a*", "ba", false),
            ("*a", "ba", true), ("*a", "ab", false), ("a*b*c", "aXbYc", true), ("a*b*c", "acb", false),
            ("*ab*ab", "abab", true), ("*ab*ab", "aab", false), ("a.c", "abc", false), ("[ab]", "a", false),
            ("A", "a", false), ("é", "e\u{301}", false), ("prod/*/db", "prod/x/y/db", true),
        ])
    func table(pattern: String, text: String, matches: Bool) {
        #expect(WildcardPattern(pattern).matches(text) == matches)
    }

    @Test("Random patterns match what a naive matcher matches")
    func agreesWithModel() {
        var generator = SeededGenerator(seed: 17)
        let patternAlphabet = ["a", "b", "*", "?", "/", "é"]
        let textAlphabet = ["a", "b", "/", "é", "è", "😀"]
        var matched = 0
        for _ in 0..<20_000 {
            let pattern = random(patternAlphabet, upTo: 7, &generator)
            let text = random(textAlphabet, upTo: 7, &generator)
            let expected = Self.naive(Array(pattern.unicodeScalars)[...], Array(text.unicodeScalars)[...])
            #expect(WildcardPattern(pattern).matches(text) == expected, "\(pattern) on \(text)")
            if expected { matched += 1 }
        }
        #expect(matched > 500)
    }

    @Test("A pattern made to be slow is not")
    func isNotExponential() {
        let pattern = String(repeating: "a*", count: 200) + "b"
        #expect(!WildcardPattern(pattern).matches(String(repeating: "a", count: 512)))
    }

    private func random(_ alphabet: [String], upTo limit: Int, _ generator: inout SeededGenerator) -> String {
        (0..<Int.random(in: 0...limit, using: &generator)).map { _ in
            alphabet.randomElement(using: &generator) ?? ""
        }
        .joined()
    }

    private static func naive(_ pattern: ArraySlice<UnicodeScalar>, _ text: ArraySlice<UnicodeScalar>) -> Bool
    {
        guard let first = pattern.first else { return text.isEmpty }
        if first == "*" {
            return (0...text.count).contains { naive(pattern.dropFirst(), text.dropFirst($0)) }
        }
        guard let character = text.first, first == "?" || first == character else { return false }
        return naive(pattern.dropFirst(), text.dropFirst())
    }
}
