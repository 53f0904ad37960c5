/// A text in which `*` stands for any characters, also none and also `/`, and `?` for exactly one.
public struct WildcardPattern: Hashable, Sendable {
    /// The pattern as it was written.
    public let text: String
    private let bytes: [UInt8]
    /// Whether the pattern has no wildcard: it matches itself only.
    public let isLiteral: Bool
    /// Whether the pattern is nothing but `*`: it matches every text.
    public let isEverything: Bool

    public init(_ text: String) {
        self.text = text
        bytes = Array(text.utf8)
        isLiteral = !bytes.contains { $0 == Self.star || $0 == Self.question }
        isEverything = !bytes.isEmpty && bytes.allSatisfy { $0 == Self.star }
    }

    private static let star = UInt8(ascii: "*")
    private static let question = UInt8(ascii: "?")

    /// Whether the whole text fits, compared byte by byte. Takes time in proportion to both lengths at worst, and
    /// allocates nothing.
    public func matches(_ text: String) -> Bool {
        isEverything || matches(text.utf8.span)
    }

    private func matches(_ text: Span<UInt8>) -> Bool {
        var place = 0
        var textPlace = 0
        // Where to go back to: just past the last star, which then takes one byte more.
        var retry: (place: Int, textPlace: Int)?
        while true {
            if place < bytes.count, bytes[place] == Self.star {
                place += 1
                retry = (place, textPlace)
                continue
            }
            if place == bytes.count, textPlace == text.count { return true }
            if place < bytes.count, textPlace < text.count {
                if bytes[place] == Self.question, text[textPlace] & 0xc0 != 0x80 {
                    place += 1
                    textPlace += 1
                    while textPlace < text.count, text[textPlace] & 0xc0 == 0x80 { textPlace += 1 }
                    continue
                }
                if bytes[place] != Self.question, bytes[place] == text[textPlace] {
                    place += 1
                    textPlace += 1
                    continue
                }
            }
            guard let last = retry, last.textPlace < text.count else { return false }
            retry = (last.place, last.textPlace + 1)
            place = last.place
            textPlace = last.textPlace + 1
        }
    }
}
