internal import CofferCore

/// What a value is, found out when it is written, so that nobody has to open it later to list it.
struct ContentAnalysis {
    /// Whether it is valid UTF-8.
    var isText: Bool
    /// Whether it is a JSON object.
    var isObject: Bool
    /// The members that can be files.
    var members: [JSONObjectLayout.Member]

    /// Looks at a value where it lies; only the members' names are copied.
    init(of value: Span<UInt8>) {
        guard let layout = JSONObjectLayout(scanning: value) else {
            isText = JSONStringCodec.encodedCount(value) != nil
            isObject = false
            members = []
            return
        }
        isText = true
        isObject = true
        members = layout.members.filter { Self.canBeFileName($0.name) }
    }

    /// Whether a member's name can be a file's: DESIGN, section 2.
    static func canBeFileName(_ name: String) -> Bool {
        (1...255).contains(name.utf8.count) && name != "." && name != ".." && name != MemberName.value
            && !name.utf8.contains { $0 == 0 || $0 == UInt8(ascii: "/") }
    }
}

/// The names of files in a stage directory that are no members.
public enum MemberName {
    /// The file that holds the whole value.
    public static let value = "value"
}

extension SecretRecord {
    /// How many member names a secret can number in its life; members past that are left in `value` only.
    private static let maximumMemberNumbers = 65_000

    /// The members of a value as records of this secret, new names numbered.
    mutating func numberMembers(of analysis: ContentAnalysis) -> [MemberRecord] {
        var numbers: [String: UInt16] = [:]
        for (index, name) in memberNames.enumerated() { numbers[name] = UInt16(index + 1) }
        return analysis.members.compactMap { member in
            var number = numbers[member.name]
            if number == nil, memberNames.count < Self.maximumMemberNumbers {
                memberNames.append(member.name)
                number = UInt16(memberNames.count)
            }
            guard let number else { return nil }
            return MemberRecord(
                number: number, isString: member.kind == .string, start: UInt32(member.valueRange.lowerBound),
                length: UInt32(member.valueRange.count), size: UInt32(member.decodedCount))
        }
    }
}
