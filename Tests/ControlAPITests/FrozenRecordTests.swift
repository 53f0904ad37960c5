import CofferCore
import SecretsManager
import Testing

/// Secret records as older versions wrote them must open for ever: these bytes are never made anew.
@Suite struct FrozenRecordTests {
    /// Format 1: it ends with the versions.
    private static let format1 = bytes(
        """
        01010770726f642f646209546865206c6f67696e00e86156eea1010000887156eea1010000000001047465616d03776562
        01277b2256657273696f6e223a22323031322d31302d3137222c2253746174656d656e74223a5b5d7d0302047573657204
        706f7274010663616e61727902012430316262666163642d353765622d343766392d613166662d61393561623230343933
        3361e86156eea1010000e86156eea1010000010a41575343555252454e541a032437336166653064382d333366632d3465
        30322d383139332d35363533336362326665636210c92ed9780595b0061dc620e06c09e292020308050304150404022436
        326339626535312d316133622d346235622d623764312d353463623330323337376539a06d56eea1010000a06d56eea101
        0000010663616e61727903012437336166653064382d333366632d346530322d383139332d353635333363623266656362
        102b9857a533f5951cfe8b332e870361a400
        """)

    /// What format 2 adds to it: flags, owner 33, group 4711, mode 0440; strict.
    private static let settings = bytes("0f21e724a002")

    @Test("A record of format 1 opens, with no file settings")
    func format1() throws {
        let record = try SecretRecord(decoding: Self.format1)
        #expect(record.serial == 1)
        #expect(record.name.text == "prod/db")
        #expect(record.description == "The login")
        #expect(record.tags == ["team": "web"])
        #expect(record.policy == #"{"Version":"2012-10-17","Statement":[]}"#)
        #expect(record.memberNames == ["user", "port"])
        #expect(record.labelNames.map(\.text) == ["canary"])
        #expect(record.nextSequence == 3)
        #expect(record.versions.map(\.sequence) == [1, 2])
        #expect(record.versions.map(\.stages) == [[.current], [try StagingLabel("canary")]])
        #expect(record.versions.first?.content.members.map(\.size) == [3, 4])
        #expect(record.fileSettings == .standard)
    }

    @Test("A record of format 2 is format 1's with the file settings behind it")
    func format2() throws {
        let bytes = [2] + Self.format1.dropFirst() + Self.settings
        let record = try SecretRecord(decoding: bytes)
        #expect(record.fileSettings == FileSettings(owner: 33, group: 4711, mode: 0o440, isStrict: true))
        #expect(record.encoded == bytes)
        var plain = try SecretRecord(decoding: Self.format1)
        #expect(plain.encoded == [2] + Self.format1.dropFirst() + [0])
        plain.fileSettings = record.fileSettings
        #expect(plain == record)
    }

    @Test("A record of a newer format is refused by its number", arguments: [0, 3, 255] as [UInt8])
    func newer(_ format: UInt8) {
        let error = #expect(throws: BinaryFormatError.self) {
            try SecretRecord(decoding: [format] + Self.format1.dropFirst())
        }
        #expect(error?.expected.hasSuffix("instead of \(format)") == true)
    }

    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = hex.filter { !$0.isWhitespace }.map { UInt8($0.hexDigitValue ?? 0) }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
