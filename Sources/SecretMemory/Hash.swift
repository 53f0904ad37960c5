import CSodium

/// BLAKE2b without a key: a fingerprint that anybody can check. Never of a secret. libsodium: `crypto_generichash`
public enum Hash {
    /// Bytes a hash may have.
    public static let byteCounts = 16...64

    /// Hashes `message` to `byteCount` bytes, 16…64.
    public static func hash(_ message: Span<UInt8>, byteCount: Int = 32) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: byteCount)
        unsafe digest.withUnsafeMutableBytes { digest in
            unsafe message.withUnsafeBytes { unsafe hash($0, into: digest) }
        }
        return digest
    }

    /// Hashes `message` to `byteCount` bytes, 16…64.
    public static func hash(_ message: [UInt8], byteCount: Int = 32) -> [UInt8] {
        hash(message.span, byteCount: byteCount)
    }

    /// Hashes `message` into all of `digest` (16…64 bytes); allocates nothing.
    public static func hash(_ message: UnsafeRawBufferPointer, into digest: UnsafeMutableRawBufferPointer) {
        requireDigestLength(digest.count)
        unsafe crypto_generichash(
            digest.baseAddress!, digest.count, message.baseAddress, UInt64(message.count), nil, 0)
    }

    /// A length out of range is a mistake in the program.
    static func requireDigestLength(_ byteCount: Int) {
        precondition(byteCounts.contains(byteCount), "a BLAKE2b hash has 16 to 64 bytes here")
    }
}
