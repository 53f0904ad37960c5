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
        var text = ""
        text.reserveCapacity(36)
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text.append("-") }
            let value =
                switch index {
                case 6: byte & 0x0f | 0x40
                case 8: byte & 0x3f | 0x80
                default: byte
                }
            text.append(Character(UnicodeScalar(hexDigit(value >> 4))))
            text.append(Character(UnicodeScalar(hexDigit(value & 0x0f))))
        }
        self.text = text
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
