import Testing

@testable import CofferCore

@Suite("The compact form of metadata")
struct BinaryCodecTests {
    /// One of each thing that can be written.
    private static func sample() -> [UInt8] {
        var writer = BinaryWriter()
        writer.write(7 as UInt8)
        for value: UInt64 in [0, 127, 128, 16_383, 16_384, .max] { writer.write(varint: value) }
        writer.write(fixed: 0x0102_0304_0506_0708)
        writer.write(Timestamp(milliseconds: -5))
        writer.write("é😀")
        writer.write([1, 2, 3] as [UInt8])
        writer.write(optional: "x") { $0.write($1) }
        writer.write(optional: nil as String?) { $0.write($1) }
        writer.write(each: ["a", "", "bc"]) { $0.write($1) }
        return writer.bytes
    }

    private static func read(_ bytes: [UInt8]) throws(BinaryFormatError) {
        var reader = BinaryReader(bytes)
        #expect(try reader.readByte() == 7)
        for value: UInt64 in [0, 127, 128, 16_383, 16_384, .max] {
            let number = try reader.readVarint()
            #expect(number == value)
        }
        #expect(try reader.readFixed() == 0x0102_0304_0506_0708)
        #expect(try reader.readTimestamp() == Timestamp(milliseconds: -5))
        #expect(try reader.readText() == "é😀")
        #expect(try reader.readBlob() == [1, 2, 3])
        let some = try reader.readOptional { reader throws(BinaryFormatError) in try reader.readText() }
        #expect(some == "x")
        let none = try reader.readOptional { reader throws(BinaryFormatError) in try reader.readText() }
        #expect(none == nil)
        let list = try reader.readArray { reader throws(BinaryFormatError) in try reader.readText() }
        #expect(list == ["a", "", "bc"])
        #expect(reader.isAtEnd)
    }

    @Test("What was written is read back")
    func roundTrips() throws {
        try Self.read(Self.sample())
    }

    @Test("Signed numbers of any size come back, and small ones of either sign take a byte")
    func signedNumbers() throws {
        for number in [0, 1, -1, 63, -64, 64, .max, .min, 1_795_528_923_004] as [Int64] {
            var writer = BinaryWriter()
            writer.write(signed: number)
            if (-64..<64).contains(number) { #expect(writer.bytes.count == 1) }
            var reader = BinaryReader(writer.bytes)
            #expect(try reader.readSigned() == number)
            #expect(reader.isAtEnd)
        }
    }

    @Test("A version id that is a UUID in lower case is its 16 bytes; any other stays text")
    func uuids() throws {
        let id = try #require(VersionID("00112233-4455-6677-8899-aabbccddeeff"))
        let uuid = try #require(id.uuid)
        #expect(uuid.indices.map { uuid[$0] } == (0..<16).map { UInt8($0 * 0x11) })
        #expect(VersionID(uuid: uuid) == id)
        for other in [
            "00112233-4455-6677-8899-AABBCCDDEEFF", "00112233445566778899aabbccddeeff",
            "00112233-4455-6677-8899-aabbccddeeff0", "0011223344-55-6677-8899-aabbccddeeff",
            "00112233-4455-6677-8899-aabbccddeefg", String(repeating: "-", count: 36),
        ] {
            #expect(try #require(VersionID(other)).uuid == nil, "\(other)")
        }
    }

    @Test("A record that was cut anywhere is refused")
    func truncation() {
        let bytes = Self.sample()
        for count in 0..<bytes.count {
            #expect(throws: BinaryFormatError.self) { try Self.read(Array(bytes[..<count])) }
        }
    }

    @Test("Integers that don't fit, varints of more than 64 bits and lengths past the end are refused")
    func refuses() throws {
        func fails(_ bytes: [UInt8], _ body: (inout BinaryReader) throws -> Void) {
            var reader = BinaryReader(bytes)
            #expect(throws: BinaryFormatError.self) { try body(&reader) }
        }
        let nines = [UInt8](repeating: 0xff, count: 9)
        fails(nines + [0x02]) { _ = try $0.readVarint() }
        fails(nines + [0x7f]) { _ = try $0.readVarint() }
        fails(nines + [0x81, 0x00]) { _ = try $0.readVarint() }
        fails([0x80, 0x02]) { _ = try $0.readInteger(UInt8.self) }
        fails(nines + [0x01]) { _ = try $0.readInteger(Int.self) }
        for length: [UInt8] in [
            [0x05, 1, 2], nines + [0x01], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
        ] {
            fails(length) { _ = try $0.readBlob() }
            fails(length) { _ = try $0.readText() }
            fails(length) { reader in
                _ = try reader.readArray { reader throws(BinaryFormatError) in try reader.readByte() }
            }
        }
        var reader = BinaryReader(nines + [0x01])
        #expect(try reader.readVarint() == .max)
    }

    @Test("Random bytes never crash the reader")
    func fuzz() {
        var generator = SeededGenerator(seed: 21)
        var read = 0
        for _ in 0..<5_000 {
            let bytes = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                UInt8.random(in: 0...(Bool.random(using: &generator) ? 8 : 255), using: &generator)
            }
            var reader = BinaryReader(bytes)
            do {
                while !reader.isAtEnd {
                    switch Int.random(in: 0..<5, using: &generator) {
                    case 0: _ = try reader.readVarint()
                    case 1: _ = try reader.readText()
                    case 2: _ = try reader.readBlob()
                    case 3: _ = try reader.readFixed()
                    default:
                        _ = try reader.readArray { reader throws(BinaryFormatError) in try reader.readBlob() }
                    }
                    read += 1
                }
            } catch {
                #expect(error.offset <= bytes.count)
            }
        }
        #expect(read > 1_000)
    }
}
