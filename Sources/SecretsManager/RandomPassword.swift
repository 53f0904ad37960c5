public import SecretMemory

/// What a random password is made of. AWS operation: GetRandomPassword.
public struct PasswordRecipe: Sendable, Equatable {
    /// How many characters, 1 to 4,096.
    public var length = 32
    /// Characters to leave out, 4,096 at most.
    public var excludeCharacters = ""
    public var excludeNumbers = false
    public var excludePunctuation = false
    public var excludeUppercase = false
    public var excludeLowercase = false
    public var includeSpace = false
    /// Whether each kind that isn't left out stands in it at least once.
    public var requireEachIncludedType = true

    public init() {}

    private static let lowercase = Array("abcdefghijklmnopqrstuvwxyz".utf8)
    private static let uppercase = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
    private static let digits = Array("0123456789".utf8)
    private static let punctuation = Array("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~".utf8)

    /// Makes a password, each character drawn uniformly by libsodium's `randombytes_uniform`.
    ///
    /// A password that lacks a required kind is drawn again, whole, so that every fitting one is as likely.
    public func generate() throws(ServiceError) -> SecretBytes {
        let kinds = try kinds()
        let alphabet = kinds.flatMap(\.self)
        do {
            var password = try SecretBytes(zeroedCount: length)
            while true {
                var missing = requireEachIncludedType ? (1 << kinds.count) - 1 : 0
                password.withMutableBytes { bytes in
                    for index in bytes.indices {
                        let byte = alphabet[Int(Random.uniform(below: UInt32(alphabet.count)))]
                        bytes[index] = byte
                        for (kind, characters) in kinds.enumerated() where characters.contains(byte) {
                            missing &= ~(1 << kind)
                        }
                    }
                }
                if missing == 0 { return password }
            }
        } catch {
            throw .outOfGuardedMemory("no guarded memory for a password; see `coffer doctor`")
        }
    }

    private func kinds() throws(ServiceError) -> [[UInt8]] {
        guard (1...4096).contains(length) else {
            throw .invalidParameter("PasswordLength is 1 to 4096; \(length) was given")
        }
        guard excludeCharacters.utf8.count <= 4096 else {
            throw .invalidParameter("ExcludeCharacters has at most 4096 characters")
        }
        var kinds: [[UInt8]] = []
        if !excludeLowercase { kinds.append(Self.lowercase) }
        if !excludeUppercase { kinds.append(Self.uppercase) }
        if !excludeNumbers { kinds.append(Self.digits) }
        if !excludePunctuation { kinds.append(Self.punctuation) }
        if includeSpace { kinds.append([UInt8(ascii: " ")]) }
        let excluded = Set(excludeCharacters.utf8)
        kinds = kinds.map { $0.filter { !excluded.contains($0) } }.filter { !$0.isEmpty }
        guard !kinds.isEmpty else {
            throw .invalidParameter("nothing is left to make a password of: exclude fewer characters")
        }
        if requireEachIncludedType, kinds.count > length {
            throw .invalidParameter(
                "a password of \(length) characters can't have each of \(kinds.count) kinds: make it longer, or leave out a kind"
            )
        }
        return kinds
    }
}
