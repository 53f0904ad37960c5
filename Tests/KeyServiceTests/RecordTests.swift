import KeyService
import SecretMemory
import Testing

@Suite("Sealed records")
struct RecordTests {
    let fixture: Fixture
    var service: EmbeddedKeyService { fixture.service }
    let context = RecordContext(kind: 3, number: 42, revision: 5)

    init() throws { fixture = try Fixture() }

    @Test("A record comes back byte for byte", arguments: [0, 1, 300, 100_000])
    func roundTrip(count: Int) throws {
        let sealed = try service.sealRecord(pattern(count), context: context)
        #expect(sealed.count == count + 41)
        #expect(try service.openRecord(sealed, context: context) == pattern(count))
    }

    @Test("A bit flipped in any byte of a record, or a byte cut off, is found out")
    func bitFlips() throws {
        var sealed = try service.sealRecord(pattern(50), context: context)
        for index in sealed.indices {
            sealed[index] ^= 0x10
            #expect(tellsDamage(failure { _ = try service.openRecord(sealed, context: context) }))
            sealed[index] ^= 0x10
            let short = Array(sealed[..<index])
            #expect(tellsDamage(failure { _ = try service.openRecord(short, context: context) }))
        }
    }

    @Test("A record does not open in another row, as another revision or in another store")
    func elsewhere() throws {
        let sealed = try service.sealRecord(pattern(50), context: context)
        for other in [
            RecordContext(kind: 4, number: 42, revision: 5), RecordContext(kind: 3, number: 43, revision: 5),
            RecordContext(kind: 3, number: 42, revision: 4),
        ] {
            #expect(
                failure { _ = try service.openRecord(sealed, context: other) } == .authenticationFailed)
        }
        let otherStore = try Fixture().service
        #expect(
            failure { _ = try otherStore.openRecord(sealed, context: context) } == .authenticationFailed)
    }

    @Test("The tags of rows sum up the same in any order, and a row taken out leaves the sum of the others")
    func tagSums() throws {
        let tags = try (1...5).map { number in
            try service.recordTag(
                pattern(200), context: RecordContext(kind: 3, number: number, revision: 1))
        }
        let sum = tags.reduce(.zero, ^)
        #expect(tags.reversed().reduce(.zero, ^) == sum)
        #expect(sum ^ tags[2] == tags[0] ^ tags[1] ^ tags[3] ^ tags[4])
        #expect(Set(tags).count == 5)
        #expect(RecordTag(bytes: sum.bytes) == sum)
        #expect(RecordTag(bytes: [1, 2, 3]) == nil)
    }

    @Test("A row's tag changes with its bytes, its place, its revision and the store")
    func tags() throws {
        let tag = try service.recordTag([1, 2, 3], context: context)
        #expect(try service.recordTag([1, 2, 3], context: context) == tag)
        #expect(try service.recordTag([1, 2, 4], context: context) != tag)
        #expect(try service.recordTag([1, 2], context: context) != tag)
        let newer = RecordContext(kind: 3, number: 42, revision: 6)
        #expect(try service.recordTag([1, 2, 3], context: newer) != tag)
        #expect(try Fixture().service.recordTag([1, 2, 3], context: context) != tag)
    }

    @Test("The audit trail's key is the same at each unlocking, and another in another store")
    func auditKey() throws {
        let key = try service.auditKey().plain
        #expect(try fixture.unlockAgain().auditKey().plain == key)
        #expect(try Fixture().service.auditKey().plain != key)
    }
}
