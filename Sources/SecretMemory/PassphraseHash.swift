import CSodium

/// Derives keys from passphrases with Argon2id (version 1.3, one lane). Costs belong beside the salt, in the store.
public struct PassphraseHash: Sendable, Equatable {
    /// Bytes of every salt.
    public static let saltByteCount = 16

    /// Passes over the memory, 1 or more.
    public var opsLimit: UInt64
    /// Memory in bytes, 8 KiB or more.
    public var memLimitBytes: Int

    /// Sets both costs; values out of libsodium's range make `deriveKey` throw.
    public init(opsLimit: UInt64, memLimitBytes: Int) {
        self.opsLimit = opsLimit
        self.memLimitBytes = memLimitBytes
    }

    /// 2 passes over 64 MiB, about 0.1 s.
    public static let interactive = PassphraseHash(opsLimit: 2, memLimitBytes: 64 << 20)
    /// 3 passes over 256 MiB, about 0.7 s.
    public static let moderate = PassphraseHash(opsLimit: 3, memLimitBytes: 256 << 20)
    /// 4 passes over 1 GiB, about 3.5 s.
    public static let sensitive = PassphraseHash(opsLimit: 4, memLimitBytes: 1 << 30)

    /// Makes a new salt.
    public static func randomSalt() -> [UInt8] { Random.bytes(saltByteCount) }

    /// Derives the key that belongs to `passphrase` and `salt` (16 bytes).
    ///
    /// - Throws: `badLength` for another salt, `derivationFailed` when the memory can't be had or a cost is out of
    ///   range. libsodium: `crypto_pwhash` with `crypto_pwhash_ALG_ARGON2ID13`
    public func deriveKey(
        passphrase: borrowing SecretBytes, salt: [UInt8]
    ) throws(SecretMemoryError) -> SymmetricKey {
        guard salt.count == Self.saltByteCount else {
            throw .badLength(expected: Self.saltByteCount, actual: salt.count)
        }
        guard memLimitBytes >= 0 else { throw .derivationFailed }
        return try unsafe passphrase.withUnsafeBytes { (secret) throws(SecretMemoryError) in
            try unsafe SymmetricKey { (key) throws(SecretMemoryError) in
                // An empty passphrase may have no address; any will do where nothing is read.
                let text = unsafe secret.baseAddress ?? UnsafeRawPointer(key.baseAddress!)
                let result = unsafe crypto_pwhash(
                    key.baseAddress!, UInt64(key.count), text, UInt64(secret.count), salt,
                    opsLimit, memLimitBytes, crypto_pwhash_ALG_ARGON2ID13)
                guard result == 0 else { throw .derivationFailed }
            }
        }
    }
}
