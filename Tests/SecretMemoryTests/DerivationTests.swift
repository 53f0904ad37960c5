import SecretMemory
import Testing

@Suite("Derivation")
struct DerivationTests {
    private let salt = bytes(0x00...0x0f)
    private let cheap = PassphraseHash(opsLimit: 3, memLimitBytes: 64 << 10)

    // Made with OpenSSL's Argon2id: 3 passes, 64 KiB, one lane, 32 bytes.
    @Test("Argon2id gives the key another implementation gives")
    func argonVector() throws {
        let passphrase = try SecretBytes(Array("correct horse battery staple".utf8))
        let key = try cheap.deriveKey(passphrase: passphrase, salt: salt).exposed
        #expect(key == hex("bc240e180a205bd2e782cdc64983f247e76aeb8fb2133aec1570b70cccd68bff"))
    }

    // The same, 1 pass, 8 KiB.
    @Test("An empty passphrase derives a key too")
    func emptyPassphrase() throws {
        let hash = PassphraseHash(opsLimit: 1, memLimitBytes: 8 << 10)
        let key = try hash.deriveKey(passphrase: try SecretBytes(capacity: 0), salt: salt).exposed
        #expect(key == hex("31ed41e2d73f27fdfe4eb4bec651341e58ba43477051c6fe4adad735d82ee08a"))
    }

    @Test("One bit flipped in the passphrase or in the salt, or another cost, gives another key")
    func flippedBit() throws {
        let passphrase = Array("correct horse".utf8)
        let reference = try cheap.deriveKey(passphrase: try SecretBytes(passphrase), salt: salt).exposed
        var otherPassphrase = passphrase
        otherPassphrase[3] ^= 1
        var otherSalt = salt
        otherSalt[15] ^= 0x80
        let changed = [
            try cheap.deriveKey(passphrase: try SecretBytes(otherPassphrase), salt: salt).exposed,
            try cheap.deriveKey(passphrase: try SecretBytes(passphrase), salt: otherSalt).exposed,
            try PassphraseHash(opsLimit: 2, memLimitBytes: 64 << 10)
                .deriveKey(passphrase: try SecretBytes(passphrase), salt: salt).exposed,
            try PassphraseHash(opsLimit: 3, memLimitBytes: 128 << 10)
                .deriveKey(passphrase: try SecretBytes(passphrase), salt: salt).exposed,
        ]
        #expect(Set(changed + [reference]).count == 5)
    }

    @Test("A salt of another length and impossible costs are refused")
    func refused() throws {
        #expect(throws: SecretMemoryError.badLength(expected: 16, actual: 15)) {
            _ = try cheap.deriveKey(passphrase: try SecretBytes([1]), salt: Array(salt.dropLast()))
        }
        for impossible in [
            PassphraseHash(opsLimit: 0, memLimitBytes: 64 << 10),
            PassphraseHash(opsLimit: 1, memLimitBytes: 1),
            PassphraseHash(opsLimit: 1, memLimitBytes: -1),
        ] {
            #expect(throws: SecretMemoryError.derivationFailed) {
                _ = try impossible.deriveKey(passphrase: try SecretBytes([1]), salt: salt)
            }
        }
        #expect(PassphraseHash.randomSalt().count == PassphraseHash.saltByteCount)
    }

    // Made with Python's hashlib.blake2b(key=…, digest_size=32, salt=number, person=context), which is crypto_kdf.
    @Test("A subkey is the one crypto_kdf is specified to give")
    func subkeyVector() throws {
        let key = try SymmetricKey(bytes(0x00...0x1f))
        let subkey = try key.derive(subkey: 1, context: "coffer01").exposed
        #expect(subkey == hex("63b599f4a32e97915cbb53a7d61c32bef29eea7f8a3521a825820b24fe1b10fe"))
    }

    @Test("Subkeys differ by number, by context and by key")
    func subkeysDiffer() throws {
        let key = try SymmetricKey(bytes(0x00...0x1f))
        let other = try SymmetricKey(bytes(0x01...0x20))
        let subkeys = [
            try key.derive(subkey: 1, context: "coffer01").exposed,
            try key.derive(subkey: 2, context: "coffer01").exposed,
            try key.derive(subkey: 1, context: "coffer02").exposed,
            try other.derive(subkey: 1, context: "coffer01").exposed,
        ]
        #expect(Set(subkeys).count == 4)
    }

    @Test("A key takes exactly 32 bytes, copies and compares")
    func keys() throws {
        for count in [0, 31, 33] {
            #expect(throws: SecretMemoryError.badLength(expected: 32, actual: count)) {
                _ = try SymmetricKey([UInt8](repeating: 1, count: count))
            }
        }
        let key = try SymmetricKey.random()
        let same = try key.copy()
        let fromBytes = try SymmetricKey(copying: try SecretBytes(key.exposed))
        let other = try SymmetricKey.random()
        let comparisons = (key.isEqual(to: same), key.isEqual(to: fromBytes), key.isEqual(to: other))
        #expect(comparisons == (true, true, false))
    }
}
