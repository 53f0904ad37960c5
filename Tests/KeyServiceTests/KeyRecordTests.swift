import CofferCore
import KeyService
import SecretMemory
import Testing

@Suite("Keys and their records")
struct KeyRecordTests {
    let fixture: Fixture
    var service: EmbeddedKeyService { fixture.service }

    init() throws { fixture = try Fixture() }

    func unlock(keys: [EmbeddedKeyService.StoredKey]) throws {
        _ = try EmbeddedKeyService(unlocking: fixture.header, keys: keys, with: try Fixture.protector())
    }

    @Test("A bit flipped in any byte of a key's record, or a byte cut off, is found out")
    func bitFlips() throws {
        var (number, body) = fixture.keys[0]
        for index in body.indices {
            body[index] ^= 0x04
            #expect(tellsDamage(failure { try unlock(keys: [(number, body)]) }), "byte \(index)")
            body[index] ^= 0x04
            #expect(tellsDamage(failure { try unlock(keys: [(number, Array(body[..<index]))]) }))
        }
        #expect(failure { try unlock(keys: [(number, body)]) } == nil)
        number += 1
        #expect(failure { try unlock(keys: [(number, body)]) } == .authenticationFailed)
    }

    @Test("A key's record of another store does not open")
    func otherStore() throws {
        let other = try Fixture()
        #expect(failure { try unlock(keys: other.keys) } == .authenticationFailed)
    }

    @Test("A store without its default key, or with one key twice, is damaged")
    func listOfKeys() {
        for keys in [[], fixture.keys + fixture.keys] {
            let error = failure { try unlock(keys: keys) }
            guard case .malformed = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
    }

    @Test("A disabled key neither seals nor opens, and goes on when it is enabled again")
    func disabled() throws {
        let key = fixture.defaultKey
        let sealed = try service.sealValue(pattern(64).span, with: key, context: someContext)
        let disabled = try service.record(of: key, in: .disabled)
        #expect(try service.keyState(key) == .enabled, "asking for the row changes nothing")
        try service.adopt(disabled)
        #expect(try service.keyState(key) == .disabled)
        #expect(failure { _ = try service.opened(sealed) } == .keyDisabled(key))
        #expect(
            failure {
                _ = try service.sealValue(pattern(64).span, with: key, context: someContext)
            } == .keyDisabled(key))
        let second = try EmbeddedKeyService(
            unlocking: fixture.header, keys: [disabled], with: try Fixture.protector())
        #expect(try second.keyState(key) == .disabled)
        try second.adopt(try second.record(of: key, in: .enabled))
        #expect(try second.opened(sealed) == pattern(64))
    }

    @Test("A key pending deletion neither seals nor opens, and tells when it goes")
    func pendingDeletion() throws {
        let key = fixture.defaultKey
        let sealed = try service.sealValue(pattern(64).span, with: key, context: someContext)
        let state = KeyState.pendingDeletion(deletionDate: Timestamp(milliseconds: 1_790_000_000_123))
        let record = try service.record(of: key, in: state)
        let second = try EmbeddedKeyService(
            unlocking: fixture.header, keys: [record], with: try Fixture.protector())
        #expect(try second.keyState(key) == state)
        #expect(failure { _ = try second.opened(sealed) } == .keyPendingDeletion(key))
    }

    @Test("A key that nobody made is not found")
    func unknownKey() {
        let id = KeyID("01234567-89ab-4def-8123-456789abcdef")!
        #expect(failure { _ = try service.keyState(id) } == .keyNotFound(id))
        #expect(
            failure {
                _ = try service.sealValue(pattern(1).span, with: id, context: someContext)
            } == .keyNotFound(id))
    }

    @Test("A key's id is a UUID, read and written the same")
    func keyIDs() {
        let text = "01234567-89ab-4def-8123-456789abcdef"
        #expect(KeyID(text)?.text == text)
        #expect(KeyID(text.uppercased())?.text == text)
        #expect(KeyID(bytes: KeyID(text)!.bytes)?.text == text)
        for wrong in ["", "0123456789ab4def8123456789abcdef", text + "0", "g" + text.dropFirst()] {
            #expect(KeyID(wrong) == nil)
        }
        #expect(fixture.defaultKey.text.count == 36)
        #expect(StoreID(bytes: service.storeID.bytes) == service.storeID)
        #expect(StoreID(bytes: [1]) == nil)
    }
}
