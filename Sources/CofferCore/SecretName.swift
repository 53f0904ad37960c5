/// Why a text is not a secret's name.
public enum NameError: Error, Equatable, Sendable {
    case empty
    case tooLong(length: Int)
    case componentTooLong(component: String)
    case badCharacter(Character)
    case badComponent(String)
    case reserved(String)

    /// What is wrong and what to do, for people.
    public var message: String {
        switch self {
        case .empty:
            "a secret's name has 1 to \(SecretName.maximumLength) characters; give one such as prod/db"
        case .tooLong(let length):
            "a secret's name has at most \(SecretName.maximumLength) characters; this one has \(length)"
        case .componentTooLong(let component):
            "each part of a secret's name has at most 255 characters; '\(component.prefix(24))…' has \(component.utf8.count)"
        case .badCharacter(let character):
            "a secret's name is made of A-Z a-z 0-9 / _ + = . @ -; '\(character)' is not among them"
        case .badComponent(let component):
            "'\(component)' can't be a part of a secret's name: no part is empty, '.' or '..' (and the name neither begins nor ends with '/')"
        case .reserved(let component):
            "'\(component)' is a name that the tree uses itself (a stage, versions or metadata.json); choose another"
        }
    }
}

/// A secret's name: a path of components, as AWS names are.
///
/// 1 to 512 characters of `A-Z a-z 0-9 / _ + = . @ -`; no empty, `.` or `..` component, none over 255 bytes, and
/// none that the tree uses itself. AWS operation: CreateSecret (Name).
public struct SecretName: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The longest name, in characters (all of them ASCII).
    public static let maximumLength = 512

    /// The whole name, as it was given.
    public let text: String

    /// Checks a name against the rules.
    public init(_ text: String) throws(NameError) {
        guard !text.isEmpty else { throw .empty }
        guard text.utf8.count <= Self.maximumLength else { throw .tooLong(length: text.utf8.count) }
        for character in text where !character.isNameCharacter { throw .badCharacter(character) }
        for component in text.split(separator: "/", omittingEmptySubsequences: false) {
            try Self.checkComponent(component)
        }
        self.text = text
    }

    /// The parts between the slashes, outermost first; never empty.
    public var components: [Substring] { text.split(separator: "/") }

    public var description: String { text }

    public static func < (left: SecretName, right: SecretName) -> Bool { left.text < right.text }

    /// Checks one component: what may stand between two slashes of a name.
    public static func checkComponent(_ component: Substring) throws(NameError) {
        if component.isEmpty || component == "." || component == ".." {
            throw .badComponent(String(component))
        }
        if component.utf8.count > 255 { throw .componentTooLong(component: String(component)) }
        for character in component where !character.isNameCharacter { throw .badCharacter(character) }
        if ReservedName.contains(component) { throw .reserved(String(component)) }
    }
}

/// The names which a secret's directory uses itself, and which no component of a secret's name may be.
public enum ReservedName {
    /// The directory of every version that is kept.
    public static let versions = "versions"
    /// The file that tells what DescribeSecret tells.
    public static let metadata = "metadata.json"
    /// Whether the tree keeps this name for itself.
    public static func contains(_ component: some StringProtocol) -> Bool {
        component == versions || component == metadata
            || StagingLabel.aws.contains { component == $0.text || component == $0.directoryName }
    }
}

extension Character {
    /// Whether AWS allows this character in a secret's name (the slash included).
    fileprivate var isNameCharacter: Bool {
        guard let byte = asciiValue else { return false }
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            return true
        default:
            return "/_+=.@-".utf8.contains(byte)
        }
    }
}
