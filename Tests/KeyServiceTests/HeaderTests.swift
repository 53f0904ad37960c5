import KeyService
import SecretMemory
import Testing

@Suite("The header and its unlock slots")
struct HeaderTests {
    let fixture: Fixture

    init() throws { fixture = try Fixture() }

    func unlock(_ header: [UInt8], _ passphrase: String = Fixture.passphrase) throws {
        _ = try EmbeddedKeyService(
            unlocking: header, keys: fixture.keys, with: try Fixture.protector(passphrase))
    }

    /// The checksum made right again, as somebody who edits a header on purpose would.
    func rechecked(_ header: [UInt8]) -> [UInt8] {
        let body = Array(header.dropLast(16))
        return body + Hash.hash(body, byteCount: 16)
    }

    @Test("A second service made from what was stored opens everything of the first")
    func unlockAgain() throws {
        let context = RecordContext(kind: 3, number: 1, revision: 1)
        let value = try fixture.service.sealValue(
            pattern(100_000).span, with: fixture.defaultKey, context: someContext)
        let record = try fixture.service.sealRecord(pattern(300), context: context)
        let second = try fixture.unlockAgain()
        #expect(second.storeID == fixture.service.storeID)
        #expect(second.defaultKeyID == fixture.defaultKey)
        #expect(try second.opened(value) == pattern(100_000))
        #expect(try second.openRecord(record, context: context) == pattern(300))
        #expect(
            try second.recordTag(record, context: context)
                == fixture.service.recordTag(record, context: context))
    }

    @Test("A wrong passphrase is told as such", arguments: ["", "correct horse battery stapl", "x"])
    func wrongPassphrase(text: String) {
        #expect(failure { try unlock(fixture.header, text) } == .wrongPassphrase)
    }

    @Test("Damage to any byte of the header is told as damage, not as a wrong passphrase")
    func damage() {
        var header = fixture.header
        for index in header.indices {
            header[index] ^= 0x02
            let error = failure { try unlock(header) }
            switch error {
            case .malformed(what: "the store's header"): break
            case .newerFormat where (8..<10).contains(index): break
            default: Issue.record("byte \(index): \(String(describing: error))")
            }
            header[index] ^= 0x02
            #expect(
                failure { try unlock(Array(header[..<index])) } == .malformed(what: "the store's header"))
        }
    }

    @Test("A header edited by somebody who repairs the checksum unlocks nothing")
    func forgery() {
        var header = fixture.header
        for index in 10..<header.count - 16 {
            header[index] ^= 0x02
            let error = failure { try unlock(rechecked(header)) }
            header[index] ^= 0x02
            switch error {
            case .authenticationFailed, .malformed, .wrongPassphrase, .noSuchSlot, .slotDamaged, .outOfMemory:
                break
            default: Issue.record("byte \(index): \(String(describing: error))")
            }
        }
        #expect(failure { try unlock(rechecked(header)) } == nil)
    }

    @Test("Each of two slots unlocks the store, and a passphrase of neither does not")
    func twoSlots() throws {
        let header = try fixture.service.header(
            fixture.header, adding: try Fixture.protector("second"), passphraseCost: Fixture.cheap)
        try unlock(header)
        try unlock(header, "second")
        #expect(failure { try unlock(header, "third") } == .wrongPassphrase)
        #expect(failure { try unlock(fixture.header, "second") } == .wrongPassphrase)
    }

    @Test("A slot taken out by somebody without the keys is found out")
    func removedSlot() throws {
        let header = try fixture.service.header(
            fixture.header, adding: try Fixture.protector("second"), passphraseCost: Fixture.cheap)
        // One passphrase slot has 7 + 104 bytes; the second one goes, and the count becomes 1.
        var shorter = Array(header[..<(28 + 111)]) + header.suffix(48)
        shorter[26] = 1
        #expect(failure { try unlock(rechecked(shorter)) } == .authenticationFailed)
    }

    @Test("A slot is added only to the header of the same store")
    func foreignHeader() throws {
        let other = try Fixture()
        let error = failure {
            _ = try fixture.service.header(
                other.header, adding: try Fixture.protector("second"), passphraseCost: Fixture.cheap)
        }
        #expect(error == .authenticationFailed)
    }

    @Test("A store made with a passphrase says that it has no key file slot")
    func noSuchSlot() {
        let error = failure {
            _ = try EmbeddedKeyService(
                unlocking: fixture.header, keys: fixture.keys, with: .keyFile(path: "/dev/null"))
        }
        #expect(error == .noSuchSlot(kind: "key file"))
    }

    @Test("No error prints a passphrase, a key or a value")
    func errorsAreSilent() throws {
        let marker = "zebra-quartz-marker"
        let wrong = failure { try unlock(fixture.header, marker) }
        var sealed = try fixture.service.sealValue(
            Array(marker.utf8).span, with: fixture.defaultKey, context: someContext)
        sealed[sealed.count - 1] ^= 1
        let damaged = failure { _ = try fixture.service.opened(sealed) }
        for error in [wrong, damaged] {
            let error = try #require(error)
            for text in ["\(error)", String(reflecting: error), error.message] {
                #expect(!text.contains(marker))
            }
            #expect(!error.message.isEmpty)
        }
    }
}
