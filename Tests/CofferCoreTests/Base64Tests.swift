import Testing

@testable import CofferCore

@Suite("Base64")
struct Base64Tests {
    @Test(
        "The vectors of RFC 4648 are met",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"), ("\u{0}\u{10}\u{3}~~?", "ABADfn4/"),
        ])
    func vectors(plain: String, text: String) {
        #expect(encoded(Array(plain.utf8)) == text)
        #expect(decoded(text) == Array(plain.utf8))
    }

    @Test("All 256 bytes, in every place of a group, come back")
    func roundTrips() {
        var generator = SeededGenerator(seed: 3)
        for length in 0..<70 {
            for _ in 0..<20 {
                let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
                let text = encoded(bytes)
                #expect(text.utf8.count == Base64.encodedCount(length))
                #expect(decoded(text) == bytes)
            }
        }
    }

    @Test("Each of the 64 digits, and no other byte, is a digit")
    func digits() {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        for byte in UInt8.min...UInt8.max {
            let text = [UInt8(ascii: "A"), UInt8(ascii: "A"), UInt8(ascii: "A"), byte]
            var bytes = [UInt8](repeating: 0, count: 3)
            var output = bytes.mutableSpan
            let count = Base64.decode(text.span, into: &output)
            if let value = digits.firstIndex(of: byte) {
                #expect(count == 3)
                #expect(bytes == [0, 0, UInt8(value)])
            } else if byte == UInt8(ascii: "=") {
                #expect(count == 2)
            } else {
                #expect(count == nil)
            }
        }
    }

    @Test(
        "What is not strict base64 is refused",
        arguments: [
            "Z", "Zg", "Zg=", "Zm8", "Zm9v\n", "Zm9vZ", "====", "Z===", "=Zg=", "Zg=a", "Zh==", "Zm9=",
            "Zm 9", "Zg==Zg==",
            "Zm9-", "Zm9_", "Z=g=",
        ])
    func refuses(text: String) {
        #expect(decoded(text) == nil)
    }

    private func encoded(_ bytes: [UInt8]) -> String {
        var text = [UInt8](repeating: 0, count: Base64.encodedCount(bytes.count))
        var output = text.mutableSpan
        let count = Base64.encode(bytes.span, into: &output)
        return String(decoding: text[..<count], as: UTF8.self)
    }

    private func decoded(_ text: String) -> [UInt8]? {
        guard let capacity = Base64.decodedCount(text.utf8.span) else { return nil }
        var bytes = [UInt8](repeating: 0, count: capacity)
        var output = bytes.mutableSpan
        guard let count = Base64.decode(text.utf8.span, into: &output) else { return nil }
        return Array(bytes[..<count])
    }
}
