import SecretMemory
import Testing

@Suite("Hashes")
struct HashTests {
    private let keyBytes = bytes(0x00...0x1f)

    private func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        KeyedHash.isEqual(left.span, right.span)
    }

    @Test("BLAKE2b of abc is the one of RFC 7693, appendix A")
    func publishedVector() {
        let expected = hex(
            """
            ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1
            7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923
            """)
        #expect(Hash.hash(Array("abc".utf8), byteCount: 64) == expected)
    }

    // Made with Python's hashlib.blake2b(message, key=bytes(range(32)), digest_size=…).
    @Test("The keyed hash is the one another implementation gives")
    func keyedVectors() throws {
        let key = try SymmetricKey(keyBytes)
        let hundred = KeyedHash.hash(bytes(0...99), key: key)
        #expect(hundred == hex("5c0ab21018b1328b7612b997a8899146f97aab2dc0a3d8f7113717558bf25e5a"))
        let empty = KeyedHash.hash([UInt8](), key: key, byteCount: 64)
        #expect(
            empty
                == hex(
                    """
                    84bfa69f0d90df7db2a3ee026042988b5bd9caa2320af1f371823dd28351202f
                    8e6277c40c050711c8dd4e2c1ac30c34c9aed0bddd468b031287fe872675e0cc
                    """))
    }

    @Test("One bit flipped in the message or in the key changes the hash")
    func flippedBit() throws {
        let message = bytes(0...99)
        let reference = KeyedHash.hash(message, key: try SymmetricKey(keyBytes))
        for bit in 0..<message.count * 8 {
            var changed = message
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            let digest = KeyedHash.hash(changed, key: try SymmetricKey(keyBytes))
            #expect(!equal(digest, reference))
        }
        for bit in 0..<keyBytes.count * 8 {
            var changed = keyBytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            let digest = KeyedHash.hash(message, key: try SymmetricKey(changed))
            #expect(!equal(digest, reference))
        }
    }

    @Test(
        "A message in pieces gives the hash of the whole, with and without a key",
        arguments: [1, 7, 128, 300])
    func streamed(piece: Int) throws {
        let key = try SymmetricKey(keyBytes)
        let message = Random.bytes(1000)
        var keyed = try HashStream(key: key)
        var plain = try HashStream(byteCount: 64)
        for start in stride(from: 0, to: message.count, by: piece) {
            let part = Array(message[start..<min(start + piece, message.count)])
            keyed.update(part)
            plain.update(part)
        }
        let keyedDigest = keyed.finish()
        #expect(keyedDigest == KeyedHash.hash(message, key: key))
        var plainDigest = [UInt8](repeating: 0, count: 64)
        var span = plainDigest.mutableSpan
        plain.finish(into: &span)
        #expect(plainDigest == Hash.hash(message, byteCount: 64))
    }

    @Test("Hashing into a buffer gives the same bytes")
    func intoBuffer() throws {
        let key = try SymmetricKey(keyBytes)
        let message = bytes(0...99)
        var digest = [UInt8](repeating: 0, count: 32)
        var span = digest.mutableSpan
        KeyedHash.hash(message.span, key: key, into: &span)
        #expect(digest == KeyedHash.hash(message, key: key))
    }

    @Test("Equality of hashes looks at every byte and at the length")
    func equality() {
        let left = bytes(0...31)
        var right = left
        #expect(equal(left, right))
        right[31] ^= 1
        #expect(!equal(left, right))
        #expect(!equal(left, Array(left.dropLast())))
        #expect(equal([UInt8](), [UInt8]()))
    }
}
