import CSodium

/// BLAKE2b with a key: who does not have the key can neither make nor check a hash.
/// libsodium: `crypto_generichash`
public enum KeyedHash {
    /// Hashes `message` to `byteCount` bytes, 16…64.
    public static func hash(
        _ message: Span<UInt8>, key: borrowing SymmetricKey, byteCount: Int = 32
    ) -> [UInt8] {
        unsafe message.withUnsafeBytes { unsafe hash($0, key: key, byteCount: byteCount) }
    }

    /// Hashes `message` to `byteCount` bytes, 16…64.
    public static func hash(
        _ message: [UInt8], key: borrowing SymmetricKey, byteCount: Int = 32
    ) -> [UInt8] {
        hash(message.span, key: key, byteCount: byteCount)
    }

    /// Hashes `message` to `byteCount` bytes, 16…64.
    public static func hash(
        _ message: UnsafeRawBufferPointer, key: borrowing SymmetricKey, byteCount: Int = 32
    ) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: byteCount)
        unsafe digest.withUnsafeMutableBytes { unsafe hash(message, key: key, into: $0) }
        return digest
    }

    /// Hashes `message` into all of `digest` (16…64 bytes); allocates nothing.
    public static func hash(
        _ message: Span<UInt8>, key: borrowing SymmetricKey, into digest: inout MutableSpan<UInt8>
    ) {
        unsafe digest.withUnsafeMutableBytes { digest in
            unsafe message.withUnsafeBytes { unsafe hash($0, key: key, into: digest) }
        }
    }

    /// Hashes `message` into all of `digest` (16…64 bytes); allocates nothing.
    public static func hash(
        _ message: UnsafeRawBufferPointer, key: borrowing SymmetricKey,
        into digest: UnsafeMutableRawBufferPointer
    ) {
        Hash.requireDigestLength(digest.count)
        unsafe crypto_generichash(
            digest.baseAddress!, digest.count, message.baseAddress, UInt64(message.count),
            key.bytes.baseAddress!, SymmetricKey.byteCount)
    }

    /// Compares two hashes in a time that tells nothing but whether their lengths are equal.
    public static func isEqual(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        guard !left.isEmpty else { return true }
        return unsafe left.withUnsafeBytes { left in
            unsafe right.withUnsafeBytes { right in
                unsafe sodium_memcmp(left.baseAddress!, right.baseAddress!, left.count) == 0
            }
        }
    }
}
