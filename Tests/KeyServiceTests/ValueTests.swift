import KeyService
import SecretMemory
import Testing

@Suite("Sealed values")
struct ValueTests {
    let fixture: Fixture
    var service: EmbeddedKeyService { fixture.service }

    init() throws { fixture = try Fixture() }

    func seal(_ plain: [UInt8], context: ValueContext = someContext) throws -> [UInt8] {
        try service.sealValue(plain.span, with: fixture.defaultKey, context: context)
    }

    @Test(
        "A value comes back byte for byte",
        arguments: [0, 1, 64, 4096, 65_535, 65_536, 65_537, 131_072, 131_073, 16 << 20])
    func roundTrip(count: Int) throws {
        let plain = pattern(count)
        let sealed = try seal(plain)
        #expect(try service.opened(sealed) == plain)
        #expect(try service.length(sealed) == count)
        let segments = (count + 65_535) / 65_536
        #expect(sealed.count == 101 + count + 40 * segments)
    }

    @Test("A range of a value is that part of it, at every border of the segments")
    func ranges() throws {
        let plain = pattern(3 * 65_536 + 100)
        let sealed = try seal(plain)
        let borders = [0, 1, 100, 65_535, 65_536, 65_537, 131_071, 131_072, 196_608, 196_700, 196_708]
        for start in borders {
            for end in borders where end >= start {
                #expect(try service.opened(sealed, range: start..<end) == Array(plain[start..<end]))
            }
        }
    }

    @Test("A range past the end of a value is cut there")
    func rangePastEnd() throws {
        let sealed = try seal(pattern(100))
        #expect(try service.opened(sealed, range: 90..<4096) == Array(pattern(100)[90...]))
        #expect(try service.opened(sealed, range: 100..<200).isEmpty)
        #expect(try service.opened(sealed, range: 5000..<6000).isEmpty)
    }

    @Test("A bit flipped in any byte of a sealed value is found out")
    func bitFlips() throws {
        var sealed = try seal(pattern(64))
        for index in sealed.indices {
            for bit in [UInt8(0x01), 0x80] {
                sealed[index] ^= bit
                let error = failure { _ = try service.opened(sealed) }
                #expect(tellsDamage(error), "byte \(index): \(String(describing: error))")
                sealed[index] ^= bit
            }
        }
        #expect(try service.opened(sealed) == pattern(64))
    }

    @Test("A sealed value that is cut short or longer is malformed at every length")
    func lengths() throws {
        let sealed = try seal(pattern(64))
        for count in sealed.indices {
            let error = failure { _ = try service.opened(Array(sealed[..<count])) }
            #expect(error == .malformed(what: "a sealed value"))
        }
        #expect(
            failure { _ = try service.opened(sealed + [0]) } == .malformed(what: "a sealed value"))
    }

    @Test("A format of the future is named, and zeros are damage")
    func formats() throws {
        var sealed = try seal(pattern(64))
        sealed[0] = 2
        let expected = KeyServiceError.newerFormat(what: "a sealed value", found: 2, supported: 1)
        #expect(failure { _ = try service.opened(sealed) } == expected)
        let zeros = [UInt8](repeating: 0, count: 205)
        #expect(failure { _ = try service.opened(zeros) } == .malformed(what: "a sealed value"))
    }

    @Test("Two segments can't change places, within a value or between two values")
    func swappedSegments() throws {
        let segment = 65_536 + 40
        let one = try seal(pattern(2 * 65_536))
        let other = try seal(pattern(2 * 65_536))
        let first = 101..<101 + segment
        let second = 101 + segment..<101 + 2 * segment
        let swapped = Array(one[..<101]) + one[second] + one[first]
        let mixed = Array(one[..<101]) + one[first] + other[second]
        #expect(failure { _ = try service.opened(swapped) } == .authenticationFailed)
        #expect(failure { _ = try service.opened(mixed) } == .authenticationFailed)
    }

    @Test("A value whose second segment is damaged leaves none of the first in the caller's buffer")
    func noPartialPlaintext() throws {
        var sealed = try seal(pattern(70_000))
        sealed[sealed.count - 1] ^= 1
        var room = [UInt8](repeating: 0xee, count: 70_000)
        var span = room.mutableSpan
        var caught: KeyServiceError?
        do {
            _ = try service.openValue(sealed.span, context: someContext, range: 0..<70_000, into: &span)
        } catch { caught = error }
        #expect(caught == .authenticationFailed)
        #expect(room.allSatisfy { $0 == 0 })
    }

    @Test("A value does not open as another secret's, another version's or another store's")
    func elsewhere() throws {
        let sealed = try seal(pattern(64))
        for context in [ValueContext(secret: 8, version: 3), ValueContext(secret: 7, version: 4)] {
            #expect(failure { _ = try service.opened(sealed, context: context) } == .authenticationFailed)
        }
        let other = try Fixture().service
        #expect(failure { _ = try other.opened(sealed) } == .keyNotFound(fixture.defaultKey))
    }

    @Test("The same value sealed twice has nothing in common but what stands in clear")
    func freshKeys() throws {
        let one = try seal(pattern(64))
        let two = try seal(pattern(64))
        #expect(one[..<29] == two[..<29])
        let equal = (29..<one.count).count { one[$0] == two[$0] }
        // 176 random bytes agree in less than one place on average.
        #expect(equal < 20)
        #expect(service.digest(one) != service.digest(two))
    }

    @Test("A digest belongs to one sealing of a value")
    func digests() throws {
        let one = try seal(pattern(64))
        let two = try seal(pattern(64))
        let digest = service.digest(one)
        #expect(digest.count == 16)
        #expect(service.has(digest, one))
        #expect(!service.has(digest, two))
        #expect(!service.has([], one))
        #expect(service.digest([1, 2, 3]).isEmpty)
        #expect(!service.has([], [1, 2, 3]))
    }

    @Test("A value is compared without being handed out")
    func sameValue() throws {
        let sealed = try seal(pattern(100))
        #expect(try service.same(pattern(100), sealed))
        #expect(try !service.same(pattern(99), sealed))
        var other = pattern(100)
        other[99] ^= 1
        #expect(try !service.same(other, sealed))
    }

    @Test("Many threads open at once, and each gets its own value")
    func concurrently() async throws {
        let service = service
        let sealed = try (0..<16).map { number in
            try service.sealValue(
                pattern(100 + number).span, with: fixture.defaultKey,
                context: ValueContext(secret: UInt32(number), version: 1))
        }
        await withTaskGroup(of: Bool.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    (0..<400).allSatisfy { turn in
                        let number = (turn + worker) % 16
                        let context = ValueContext(secret: UInt32(number), version: 1)
                        return (try? service.opened(sealed[number], context: context))
                            == pattern(100 + number)
                    }
                }
            }
            for await allRight in group { #expect(allRight) }
        }
    }
}
