internal import CofferCore

/// How the files of a secret are shown and read, where that was fixed: `coffer chattr`.
///
/// The policy alone decides who may open a file; owner, group and mode are what `stat(2)` tells those who may.
public struct FileSettings: Sendable, Equatable {
    /// The owner's number; nil where each caller is shown as the owner.
    public var owner: UInt32?
    /// The group's number; nil where each caller's own is shown.
    public var group: UInt32?
    /// The permission bits; nil for 0400, and 0600 where the caller may write.
    public var mode: UInt16?
    /// Whether each read is decided anew, and what goes through the page cache is refused.
    public var isStrict: Bool

    public init(owner: UInt32? = nil, group: UInt32? = nil, mode: UInt16? = nil, isStrict: Bool = false) {
        self.owner = owner
        self.group = group
        self.mode = mode
        self.isStrict = isStrict
    }

    /// What a secret has that nobody gave any.
    public static let standard = FileSettings()

    /// The mode as `chmod` takes it: `0640`.
    public var modeText: String? { mode.map { Self.text(ofMode: $0) } }

    static func text(ofMode mode: UInt16) -> String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    /// Reads a mode in octal digits: the owner may read, nobody may execute, no set-ID or sticky bit. Nil for any other.
    public static func mode(_ text: String) -> UInt16? {
        guard (3...5).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x37).contains($0) }),
            let mode = UInt16(text, radix: 8), mode & ~0o666 == 0, mode & 0o400 != 0
        else { return nil }
        return mode
    }

    /// What to say of a text that is no mode for a secret's file.
    public static let modeRule =
        "a mode is octal, lets the owner read and nobody execute, such as 0400, 0440 or 0640"

    /// What DescribeSecret tells of it; nil where nothing was fixed.
    var json: JSONValue? {
        guard self != .standard else { return nil }
        return .members(
            ("Owner", owner.map { .int($0) }), ("Group", group.map { .int($0) }),
            ("Mode", modeText.map { .string($0) }), ("Strict", .bool(isStrict)))
    }
}

// The part of a secret's record: a byte of flags, and then what they say is there.
extension FileSettings {
    private static let flags = (owner: UInt8(1), group: UInt8(2), mode: UInt8(4), strict: UInt8(8))

    func write(to writer: inout BinaryWriter) {
        var bits: UInt8 = isStrict ? Self.flags.strict : 0
        if owner != nil { bits |= Self.flags.owner }
        if group != nil { bits |= Self.flags.group }
        if mode != nil { bits |= Self.flags.mode }
        writer.write(bits)
        if let owner { writer.write(varint: UInt64(owner)) }
        if let group { writer.write(varint: UInt64(group)) }
        if let mode { writer.write(varint: UInt64(mode)) }
    }

    init(from reader: inout BinaryReader) throws(BinaryFormatError) {
        let bits = try reader.readByte()
        guard bits < 16 else { throw BinaryFormatError(offset: 0, expected: "the flags of file settings") }
        self.init(isStrict: bits & Self.flags.strict != 0)
        if bits & Self.flags.owner != 0 { owner = try reader.readInteger() }
        if bits & Self.flags.group != 0 { group = try reader.readInteger() }
        if bits & Self.flags.mode != 0 { mode = try reader.readInteger() }
    }
}
