import SecretMemory

/// What stands in clear before the segments of a sealed value. docs/store-format.md, "Sealed value".
///
/// Shape: format 1 ‖ key 16 ‖ backing key 4 ‖ plaintext length 8 ‖ wrapped data key 72 (24-byte nonce ‖ 32 ‖ 16-byte
/// tag); then each segment: 24-byte nonce ‖ ciphertext ‖ 16-byte tag.
struct SealedValueHead {
    static let format: UInt8 = 1
    /// Bytes before the wrapped data key.
    static let clearByteCount = 29
    static let wrappedKeyByteCount = SymmetricKey.byteCount + AEAD.overhead
    /// Bytes before the first segment.
    static let byteCount = clearByteCount + wrappedKeyByteCount
    /// Where the wrapped data key's tag stands.
    static let tagRange = byteCount - AEAD.tagByteCount..<byteCount
    /// Plaintext bytes of each segment but the last.
    static let segmentByteCount = 64 << 10

    var key: KeyID
    var backingKey: UInt32
    /// Bytes of plaintext.
    var length: Int

    init(key: KeyID, backingKey: UInt32, length: Int) {
        self.key = key
        self.backingKey = backingKey
        self.length = length
    }

    /// Reads the head, and checks that as many bytes follow as its length asks for.
    @inline(__always)
    init(parsing sealed: Span<UInt8>) throws(KeyServiceError) {
        guard sealed.count >= 1 else { throw .malformed(what: "a sealed value") }
        guard sealed[0] == Self.format else {
            // 0 was never a format: a row of zeros is damage, not the future.
            guard sealed[0] > Self.format else { throw .malformed(what: "a sealed value") }
            throw .newerFormat(what: "a sealed value", found: Int(sealed[0]), supported: Int(Self.format))
        }
        guard sealed.count >= Self.byteCount,
            let length = Int(exactly: sealed.littleEndian64(at: 21)), length <= sealed.count
        else { throw .malformed(what: "a sealed value") }
        key = KeyID(Words128(sealed, at: 1))
        backingKey = sealed.littleEndian32(at: 17)
        self.length = length
        guard sealed.count == sealedByteCount else { throw .malformed(what: "a sealed value") }
    }

    /// How many segments there are; none for an empty value.
    var segmentCount: Int { (length + Self.segmentByteCount - 1) / Self.segmentByteCount }

    /// Bytes of the whole sealed value.
    var sealedByteCount: Int { Self.byteCount + length + segmentCount * AEAD.overhead }

    /// The plaintext bytes that segment `index` holds.
    func plaintextRange(ofSegment index: Int) -> Range<Int> {
        let start = index * Self.segmentByteCount
        return start..<min(start + Self.segmentByteCount, length)
    }

    /// Where segment `index` lies in the sealed value.
    func sealedRange(ofSegment index: Int) -> Range<Int> {
        let start = Self.byteCount + index * (Self.segmentByteCount + AEAD.overhead)
        return start..<start + plaintextRange(ofSegment: index).count + AEAD.overhead
    }

    /// Appends what stands before the wrapped data key.
    func write(to bytes: inout [UInt8]) {
        bytes.append(Self.format)
        bytes.append(key.words)
        bytes.append(littleEndian: backingKey)
        bytes.append(littleEndian: UInt64(length))
    }
}
