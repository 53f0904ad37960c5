import SecretMemory

/// The root key and the keys derived from it, one for each use: the root itself seals nothing.
struct RootKeys: ~Copyable {
    let root: SymmetricKey
    /// Seals metadata records.
    let metadata: SymmetricKey
    /// Hashes rows for the manifest.
    let manifest: SymmetricKey
    /// Wraps backing keys and seals key details.
    let wrapping: SymmetricKey
    /// Hashes the header.
    let header: SymmetricKey

    /// The numbers of the derived keys; never reused. libsodium: `crypto_kdf_derive_from_key`
    private enum Subkey: UInt64 {
        case metadata = 1
        case audit = 2
        case manifest = 3
        case wrapping = 4
        case header = 5
    }

    private static let context: StaticString = "CofferRK"

    init(root: consuming SymmetricKey) throws(SecretMemoryError) {
        // Derived before any is stored: a noncopyable value can't be left half made.
        let metadata = try root.derive(subkey: Subkey.metadata.rawValue, context: Self.context)
        let manifest = try root.derive(subkey: Subkey.manifest.rawValue, context: Self.context)
        let wrapping = try root.derive(subkey: Subkey.wrapping.rawValue, context: Self.context)
        let header = try root.derive(subkey: Subkey.header.rawValue, context: Self.context)
        self.root = root
        self.metadata = metadata
        self.manifest = manifest
        self.wrapping = wrapping
        self.header = header
    }

    /// The audit trail's key, handed out and not kept.
    func audit() throws(SecretMemoryError) -> SymmetricKey {
        try root.derive(subkey: Subkey.audit.rawValue, context: Self.context)
    }
}
