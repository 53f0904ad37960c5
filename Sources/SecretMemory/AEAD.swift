import CSodium

/// Authenticated encryption: XChaCha20-Poly1305 with a random nonce.
///
/// Sealed shape: 24-byte nonce ‖ ciphertext ‖ 16-byte tag. The associated data is authenticated, not stored.
/// libsodium: `crypto_aead_xchacha20poly1305_ietf_encrypt`, `…_decrypt`
public enum AEAD {
    /// Bytes of the nonce.
    public static let nonceByteCount = 24
    /// Bytes of the tag.
    public static let tagByteCount = 16
    /// Bytes by which a sealed text is longer than its plaintext.
    public static let overhead = nonceByteCount + tagByteCount

    // MARK: - Seal

    /// Seals `plaintext` into a new array.
    public static func seal(
        _ plaintext: Span<UInt8>, with key: borrowing SymmetricKey, associatedData: Span<UInt8>
    ) throws(SecretMemoryError) -> [UInt8] {
        var sealed: [UInt8] = []
        try seal(plaintext, with: key, associatedData: associatedData, appendingTo: &sealed)
        return sealed
    }

    /// Seals `plaintext` to the end of `output`.
    public static func seal(
        _ plaintext: Span<UInt8>, with key: borrowing SymmetricKey, associatedData: Span<UInt8>,
        appendingTo output: inout [UInt8]
    ) throws(SecretMemoryError) {
        let start = output.count
        output.append(contentsOf: repeatElement(0, count: plaintext.count + overhead))
        unsafe output.withUnsafeMutableBytes { whole in
            let room = unsafe UnsafeMutableRawBufferPointer(rebasing: whole[start...])
            unsafe plaintext.withUnsafeBytes { text in
                unsafe associatedData.withUnsafeBytes { data in
                    unsafe Random.fill(UnsafeMutableRawBufferPointer(rebasing: room[..<nonceByteCount]))
                    unsafe encrypt(text, key, data, room)
                }
            }
        }
    }

    /// Seals `plaintext` into `output` and returns the sealed length, `plaintext.count + overhead`.
    /// Throws `badLength` when `output` is shorter. The two must not overlap.
    @discardableResult
    public static func seal(
        _ plaintext: UnsafeRawBufferPointer, with key: borrowing SymmetricKey,
        associatedData: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(SecretMemoryError) -> Int {
        let length = plaintext.count + overhead
        guard output.count >= length else { throw .badLength(expected: length, actual: output.count) }
        unsafe Random.fill(UnsafeMutableRawBufferPointer(rebasing: output[..<nonceByteCount]))
        unsafe encrypt(plaintext, key, associatedData, output)
        return length
    }

    /// Encrypts behind the nonce that stands at the start of `output`, which is long enough. Only tests choose nonces.
    static func encrypt(
        _ plaintext: UnsafeRawBufferPointer, _ key: borrowing SymmetricKey,
        _ associatedData: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
    ) {
        let nonce = output.baseAddress!
        // The result is always 0: there is no way for it to fail.
        unsafe crypto_aead_xchacha20poly1305_ietf_encrypt(
            nonce + nonceByteCount, nil, plaintext.baseAddress, UInt64(plaintext.count),
            associatedData.baseAddress, UInt64(associatedData.count), nil, nonce, key.bytes.baseAddress!)
    }

    // MARK: - Open

    /// Opens into new guarded memory. Throws `authenticationFailed`, or `badLength` for less than 40 bytes.
    public static func open(
        _ sealed: Span<UInt8>, with key: borrowing SymmetricKey, associatedData: Span<UInt8>
    ) throws(SecretMemoryError) -> SecretBytes {
        var plaintext = try SecretBytes(zeroedCount: try plaintextByteCount(ofSealed: sealed.count))
        _ = try plaintext.withMutableBytes { (output) throws(SecretMemoryError) in
            try open(sealed, with: key, associatedData: associatedData, into: &output)
        }
        return plaintext
    }

    /// Opens a sealed key of 32 bytes. Throws `authenticationFailed`, or `badLength` for any other length.
    public static func openKey(
        _ sealed: Span<UInt8>, with key: borrowing SymmetricKey, associatedData: Span<UInt8>
    ) throws(SecretMemoryError) -> SymmetricKey {
        let expected = SymmetricKey.byteCount + overhead
        guard sealed.count == expected else { throw .badLength(expected: expected, actual: sealed.count) }
        return try unsafe SymmetricKey { (output) throws(SecretMemoryError) in
            var span = unsafe output.assumingMemoryBound(to: UInt8.self).mutableSpan
            _ = try open(sealed, with: key, associatedData: associatedData, into: &span)
        }
    }

    /// Opens into `output` and returns the plaintext's length; allocates nothing.
    ///
    /// - Throws: `authenticationFailed` (`output` then holds no plaintext), `badLength` when `sealed` has less than 40
    ///   bytes or `output` is too short.
    public static func open(
        _ sealed: Span<UInt8>, with key: borrowing SymmetricKey, associatedData: Span<UInt8>,
        into output: inout MutableSpan<UInt8>
    ) throws(SecretMemoryError) -> Int {
        try unsafe output.withUnsafeMutableBytes { (room) throws(SecretMemoryError) in
            try unsafe sealed.withUnsafeBytes { (text) throws(SecretMemoryError) in
                try unsafe associatedData.withUnsafeBytes { (data) throws(SecretMemoryError) in
                    try unsafe open(text, with: key, associatedData: data, into: room)
                }
            }
        }
    }

    /// Opens into `output` and returns the plaintext's length; allocates nothing. Throws as the form on spans.
    public static func open(
        _ sealed: UnsafeRawBufferPointer, with key: borrowing SymmetricKey,
        associatedData: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(SecretMemoryError) -> Int {
        let length = try plaintextByteCount(ofSealed: sealed.count)
        guard output.count >= length else { throw .badLength(expected: length, actual: output.count) }
        let nonce = sealed.baseAddress!
        let result = unsafe crypto_aead_xchacha20poly1305_ietf_decrypt(
            output.baseAddress, nil, nil, nonce + nonceByteCount, UInt64(length + tagByteCount),
            associatedData.baseAddress, UInt64(associatedData.count), nonce, key.bytes.baseAddress!)
        guard result == 0 else { throw .authenticationFailed }
        return length
    }

    /// Bytes of plaintext in a sealed text of `count` bytes. Throws `badLength` for less than 40.
    public static func plaintextByteCount(ofSealed count: Int) throws(SecretMemoryError) -> Int {
        guard count >= overhead else { throw .badLength(expected: overhead, actual: count) }
        return count - overhead
    }
}
