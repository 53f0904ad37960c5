/// Why a text is not a staging label.
public enum LabelError: Error, Equatable, Sendable {
    case badLength(Int)
    case badCharacter(Character)
    case reserved(String)

    /// What is wrong and what to do, for people.
    public var message: String {
        switch self {
        case .badLength(let length):
            "a staging label has 1 to \(StagingLabel.maximumLength) characters; this one has \(length)"
        case .badCharacter(let character):
            "a staging label is also a directory, so it is made of A-Z a-z 0-9 _ + = . @ -; '\(character)' is not among them"
        case .reserved(let text):
            "'\(text)' is a name that the tree uses itself; choose another label"
        }
    }
}

/// A name for the version of a secret that plays a part: AWSCURRENT, AWSPREVIOUS, AWSPENDING, or the user's own.
///
/// A label of the user's own is a directory of its own name, so it is held to what a component of a name may be.
public struct StagingLabel: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The longest label, in characters. AWS allows 256; a file name holds 255.
    public static let maximumLength = 255

    /// The version that is in force.
    public static let current = StagingLabel(unchecked: "AWSCURRENT")
    /// The version that was in force before it.
    public static let previous = StagingLabel(unchecked: "AWSPREVIOUS")
    /// The version that a rotation is preparing.
    public static let pending = StagingLabel(unchecked: "AWSPENDING")
    /// The three labels that have a meaning of their own.
    public static let aws: [StagingLabel] = [.current, .previous, .pending]

    /// The label as AWS spells it.
    public let text: String

    private init(unchecked text: String) { self.text = text }

    /// Checks a label; `current`, `previous` and `pending` are taken for AWS's three.
    public init(_ text: String) throws(LabelError) {
        if let known = Self.aws.first(where: { $0.text == text || $0.directoryName == text }) {
            self = known
            return
        }
        guard (1...Self.maximumLength).contains(text.utf8.count) else { throw .badLength(text.utf8.count) }
        do {
            try SecretName.checkComponent(Substring(text))
        } catch {
            switch error {
            case .badCharacter(let character): throw .badCharacter(character)
            case .empty, .tooLong, .componentTooLong, .badComponent, .reserved: throw .reserved(text)
            }
        }
        if text.contains("/") { throw .badCharacter("/") }
        self.init(unchecked: text)
    }

    /// The name of the label's directory in the tree: `current` for AWSCURRENT, a label of one's own as it is.
    public var directoryName: String {
        switch text {
        case "AWSCURRENT": "current"
        case "AWSPREVIOUS": "previous"
        case "AWSPENDING": "pending"
        default: text
        }
    }

    public var description: String { text }

    public static func < (left: StagingLabel, right: StagingLabel) -> Bool { left.text < right.text }
}
