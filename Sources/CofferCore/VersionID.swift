/// The id of one version of a secret: the ClientRequestToken that made it.
///
/// 32 to 64 characters of `A-Z a-z 0-9 -`. AWS allows other characters too; a version is also a directory, so
/// they are refused here. AWS operation: PutSecretValue (ClientRequestToken).
public struct VersionID: Hashable, Sendable, CustomStringConvertible {
    /// The id as text.
    public let text: String

    /// Checks an id; nil where AWS's length or the tree's characters don't hold.
    public init?(_ text: String) {
        guard (32...64).contains(text.utf8.count), text.utf8.allSatisfy(\.isIdentifierByte) else {
            return nil
        }
        self.text = text
    }

    /// An id from 16 random bytes, written as a version-4 UUID. Source: RFC 9562, section 5.4.
    public init(random bytes: [UInt8]) {
        precondition(bytes.count == 16, "a UUID has 16 bytes")
        var uuid = InlineArray<16, UInt8> { bytes[$0] }
        uuid[6] = uuid[6] & 0x0f | 0x40
        uuid[8] = uuid[8] & 0x3f | 0x80
        self.init(uuid: uuid)
    }

    /// The 16 bytes of an id that is a UUID in lower case, as most are; nil for any other.
    public var uuid: InlineArray<16, UInt8>? {
        var uuid = InlineArray<16, UInt8>(repeating: 0)
        let utf8 = text.utf8Span.span
        guard utf8.count == 36 else { return nil }
        var (nibbles, index) = (0, 0)
        while index < 36 {
            let digit = utf8[index]
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard digit == UInt8(ascii: "-") else { return nil }
            } else {
                let value: UInt8
                switch digit {
                case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
                case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
                default: return nil
                }
                uuid[nibbles / 2] = uuid[nibbles / 2] << 4 | value
                nibbles += 1
            }
            index += 1
        }
        return uuid
    }

    /// The id that is a UUID.
    public init(uuid: InlineArray<16, UInt8>) {
        text = unsafe String(unsafeUninitializedCapacity: 36) { room in
            var place = 0
            for index in uuid.indices {
                if index == 4 || index == 6 || index == 8 || index == 10 {
                    unsafe room[place] = UInt8(ascii: "-")
                    place += 1
                }
                unsafe room[place] = hexDigit(uuid[index] >> 4)
                unsafe room[place + 1] = hexDigit(uuid[index] & 0x0f)
                place += 2
            }
            return place
        }
    }

    public var description: String { text }

    /// What to say of a text that is no version id.
    public static let rule = "a version id (ClientRequestToken) has 32 to 64 characters of A-Z a-z 0-9 -"
}

/// The lower-case hexadecimal digit of a number below 16, as ASCII.
@inline(__always)
public func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
}

extension UInt8 {
    fileprivate var isIdentifierByte: Bool {
        switch self {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
