public import SecretMemory

/// What unlocks a store. It can't be copied or printed.
public enum Protector: ~Copyable, Sendable {
    /// A passphrase. What a guess at it costs is set when a slot is made, and stands in the slot.
    case passphrase(SecretBytes)
    /// A file made by `EmbeddedKeyService.makeKeyFile`.
    case keyFile(path: String)
}
