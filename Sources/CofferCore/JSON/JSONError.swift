/// A text that is no JSON, or not the JSON that was asked for.
public struct JSONError: Error, Equatable, Sendable {
    /// The line, counted from 1.
    public var line: Int
    /// The character in the line, counted from 1.
    public var column: Int
    /// What is wrong there.
    public var what: String

    /// Where and what, for people: `line 3, column 7: …`.
    public var message: String { "line \(line), column \(column): \(what)" }
}

/// A place in a text.
struct TextPosition: Equatable, Sendable {
    var line: Int
    var column: Int

    /// The place of an offset in bytes; lines end with LF.
    init(of offset: Int, in bytes: [UInt8]) {
        let before = bytes[..<offset]
        line = 1 + before.count { $0 == 0x0a }
        let start = before.lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
        column = 1 + String(decoding: bytes[start..<offset], as: UTF8.self).count
    }
}
