import Testing

@testable import SecretMemory

@Suite("AEAD")
struct AEADTests {
    // draft-irtf-cfrg-xchacha, appendix A.3.1
    private let plaintext = Array(
        "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it."
            .utf8)
    private let data = hex("50515253c0c1c2c3c4c5c6c7")
    private let keyBytes = bytes(0x80...0x9f)
    private let nonce = bytes(0x40...0x57)
    private let ciphertext = hex(
        """
        bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb
        731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452
        2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9
        21f9664c97637da9768812f615c68b13b52e
        """)
    private let tag = hex("c0875924c1c7987947deafd8780acf49")

    private func open(_ sealed: [UInt8], key: [UInt8], data: [UInt8]) throws -> [UInt8] {
        let key = try SymmetricKey(key)
        return try AEAD.open(sealed.span, with: key, associatedData: data.span).exposed
    }

    @Test("The published vector opens to its plaintext")
    func publishedVectorOpens() throws {
        let opened = try open(nonce + ciphertext + tag, key: keyBytes, data: data)
        #expect(opened == plaintext)
    }

    @Test("Sealing with the published nonce gives the published ciphertext and tag")
    func publishedVectorSeals() throws {
        let key = try SymmetricKey(keyBytes)
        var output = nonce + [UInt8](repeating: 0, count: plaintext.count + AEAD.tagByteCount)
        unsafe output.withUnsafeMutableBytes { output in
            unsafe plaintext.withUnsafeBytes { text in
                unsafe data.withUnsafeBytes { unsafe AEAD.encrypt(text, key, $0, output) }
            }
        }
        #expect(output == nonce + ciphertext + tag)
    }

    @Test(
        "One bit flipped anywhere in the sealed text fails to authenticate",
        arguments: ["nonce", "ciphertext", "tag"])
    func flippedSealedBit(part: String) throws {
        let sealed = nonce + ciphertext + tag
        let range =
            switch part {
            case "nonce": 0..<24
            case "ciphertext": 24..<(sealed.count - 16)
            default: (sealed.count - 16)..<sealed.count
            }
        for bit in range.lowerBound * 8..<range.upperBound * 8 {
            var changed = sealed
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: SecretMemoryError.authenticationFailed) {
                try open(changed, key: keyBytes, data: data)
            }
        }
    }

    @Test("One bit flipped in the key or in the associated data fails to authenticate")
    func flippedOtherBit() throws {
        let sealed = nonce + ciphertext + tag
        for bit in 0..<keyBytes.count * 8 {
            var changed = keyBytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: SecretMemoryError.authenticationFailed) {
                try open(sealed, key: changed, data: data)
            }
        }
        for bit in 0..<data.count * 8 {
            var changed = data
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: SecretMemoryError.authenticationFailed) {
                try open(sealed, key: keyBytes, data: changed)
            }
        }
        #expect(throws: SecretMemoryError.authenticationFailed) {
            try open(sealed, key: keyBytes, data: data + [0])
        }
    }

    @Test("A sealed text cut at any place does not open")
    func truncated() {
        let sealed = nonce + ciphertext + tag
        for count in 0..<AEAD.overhead {
            #expect(throws: SecretMemoryError.badLength(expected: 40, actual: count)) {
                try open(Array(sealed[..<count]), key: keyBytes, data: data)
            }
        }
        for count in AEAD.overhead..<sealed.count {
            #expect(throws: SecretMemoryError.authenticationFailed) {
                try open(Array(sealed[..<count]), key: keyBytes, data: data)
            }
        }
    }

    @Test(
        "Every length round-trips, with and without associated data",
        arguments: [0, 1, 63, 64, 65, 4096, 70_000])
    func roundTrip(count: Int) throws {
        let key = try SymmetricKey.random()
        let text = Random.bytes(count)
        for data in [[], Array("secret 7 version 2".utf8)] {
            let sealed = try AEAD.seal(text.span, with: key, associatedData: data.span)
            #expect(sealed.count == count + AEAD.overhead)
            let opened = try AEAD.open(sealed.span, with: key, associatedData: data.span).exposed
            #expect(opened == text)
        }
    }

    @Test("Sealing appends behind what is there, and twice never gives the same")
    func appends() throws {
        let key = try SymmetricKey.random()
        var output: [UInt8] = [1, 2, 3]
        try AEAD.seal(plaintext.span, with: key, associatedData: data.span, appendingTo: &output)
        let once = Array(output[3...])
        #expect(Array(output[..<3]) == [1, 2, 3])
        let opened = try AEAD.open(once.span, with: key, associatedData: data.span).exposed
        #expect(opened == plaintext)
        let again = try AEAD.seal(plaintext.span, with: key, associatedData: data.span)
        #expect(again != once)
    }

    @Test("Opening into a buffer fills its start, and refuses one that is too short")
    func intoBuffer() throws {
        let key = try SymmetricKey(keyBytes)
        let sealed = nonce + ciphertext + tag
        var room = [UInt8](repeating: 7, count: plaintext.count + 2)
        var span = room.mutableSpan
        let length = try AEAD.open(sealed.span, with: key, associatedData: data.span, into: &span)
        #expect(length == plaintext.count)
        #expect(room == plaintext + [7, 7])

        var short = [UInt8](repeating: 7, count: plaintext.count - 1)
        let expected = SecretMemoryError.badLength(expected: plaintext.count, actual: plaintext.count - 1)
        #expect(throws: expected) {
            var span = short.mutableSpan
            _ = try AEAD.open(sealed.span, with: key, associatedData: data.span, into: &span)
        }
        #expect(short == [UInt8](repeating: 7, count: plaintext.count - 1))
    }

    @Test("A failed opening leaves no plaintext in the buffer")
    func nothingAfterFailure() throws {
        let key = try SymmetricKey(keyBytes)
        var sealed = nonce + ciphertext + tag
        sealed[sealed.count - 1] ^= 1
        var room = [UInt8](repeating: 0, count: plaintext.count)
        #expect(throws: SecretMemoryError.authenticationFailed) {
            var span = room.mutableSpan
            _ = try AEAD.open(sealed.span, with: key, associatedData: data.span, into: &span)
        }
        #expect(room == [UInt8](repeating: 0, count: plaintext.count))
    }

    @Test("The forms on raw buffers seal and open the same, and refuse a short output")
    func rawForms() throws {
        let key = try SymmetricKey(keyBytes)
        var sealed = [UInt8](repeating: 0, count: plaintext.count + AEAD.overhead)
        var opened = [UInt8](repeating: 0, count: plaintext.count)
        try unsafe data.withUnsafeBytes { data in
            try unsafe sealed.withUnsafeMutableBytes { output in
                try unsafe plaintext.withUnsafeBytes { text in
                    let length = try unsafe AEAD.seal(text, with: key, associatedData: data, into: output)
                    #expect(length == text.count + AEAD.overhead)
                    let short = unsafe UnsafeMutableRawBufferPointer(rebasing: output.dropLast())
                    #expect(throws: SecretMemoryError.badLength(expected: length, actual: length - 1)) {
                        try unsafe AEAD.seal(text, with: key, associatedData: data, into: short)
                    }
                }
            }
            try unsafe sealed.withUnsafeBytes { sealed in
                try unsafe opened.withUnsafeMutableBytes { output in
                    let length = try unsafe AEAD.open(sealed, with: key, associatedData: data, into: output)
                    #expect(length == output.count)
                }
            }
        }
        #expect(opened == plaintext)
    }

    @Test("A sealed key opens as a key, and only with the right length")
    func sealedKey() throws {
        let outer = try SymmetricKey.random()
        let inner = try SymmetricKey(keyBytes)
        let sealed = try inner.withBytes { try AEAD.seal($0, with: outer, associatedData: data.span) }
        let opened = try AEAD.openKey(sealed.span, with: outer, associatedData: data.span).exposed
        #expect(opened == keyBytes)
        #expect(throws: SecretMemoryError.badLength(expected: 72, actual: 71)) {
            _ = try AEAD.openKey(Array(sealed.dropLast()).span, with: outer, associatedData: data.span)
        }
    }
}
