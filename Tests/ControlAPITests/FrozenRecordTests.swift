import CofferCore
import SecretsManager
import Testing

/// What format 1 of a secret's record wrote once must open for ever: these bytes are never made anew.
@Suite struct FrozenRecordTests {
    /// All but the file settings: three versions, one with an id that is no UUID, one member that is a string and one not.
    private static let record = bytes(
        """
        01010770726f642f646209546865206c6f67696e00e86156eea1010000587956eea1010000000001047465616d03776562
        01277b2256657273696f6e223a22323031322d31302d3137222c2253746174656d656e74223a5b5d7d0402047573657204
        706f7274010663616e617279030107b2f9eaaddb844c0ebcbd29d246d0913e2184d80c3dc847c3aebe67744da8ac4be861
        56eea1010000c03e010b41575350524556494f55531a10f4141f51919b6ccc5df7880a3be62eb602030805030415040402
        0d399b4e5bbccd4e7c8680d104c40014c3a06d56eea101000000010663616e6172790310c6260bfc8a55bec508ef82b104
        78ce3b00030922303132333435363738392d303132333435363738392d303132333435363738392d51887156eea1010000
        00010a41575343555252454e5405101ae191797a9094499530a9616e50291500
        """)
    /// Flags, owner 33, group 4711, mode 0440; strict.
    private static let settings = bytes("0f21e724a002")

    @Test("A record of format 1 opens, and is written again as the same bytes")
    func format1() throws {
        let bytes = Self.record + Self.settings
        let record = try SecretRecord(decoding: bytes)
        #expect(record.encoded == bytes)
        #expect(record.serial == 1)
        #expect(record.name.text == "prod/db")
        #expect(record.description == "The login")
        #expect(record.created == Timestamp(milliseconds: 1_795_000_001_000))
        #expect(record.changed == Timestamp(milliseconds: 1_795_000_007_000))
        #expect(record.tags == ["team": "web"])
        #expect(record.policy == #"{"Version":"2012-10-17","Statement":[]}"#)
        #expect(record.memberNames == ["user", "port"])
        #expect(record.labelNames.map(\.text) == ["canary"])
        #expect(record.nextSequence == 4)
        #expect(
            record.versions.map(\.id.text) == [
                "b2f9eaad-db84-4c0e-bcbd-29d246d0913e", "399b4e5b-bccd-4e7c-8680-d104c40014c3",
                "0123456789-0123456789-0123456789-Q",
            ])
        #expect(
            record.versions.map(\.stages) == [[.previous], [try StagingLabel("canary")], [.current]])
        #expect(Set(record.versions.map(\.keyText)) == ["2184d80c-3dc8-47c3-aebe-67744da8ac4b"])
        #expect(record.versions.map(\.content.size) == [26, 3, 5])
        #expect(record.versions.first?.content.members.map(\.isString) == [true, false])
        #expect(record.fileSettings == FileSettings(owner: 33, group: 4711, mode: 0o440, isStrict: true))
    }

    @Test("A record without file settings has one byte for them")
    func standard() throws {
        let record = try SecretRecord(decoding: Self.record + [0])
        #expect(record.fileSettings == .standard)
        #expect(record.encoded == Self.record + [0])
    }

    @Test("A record of another format is refused by its number", arguments: [0, 2, 255] as [UInt8])
    func newer(_ format: UInt8) {
        let error = #expect(throws: BinaryFormatError.self) {
            try SecretRecord(decoding: [format] + Self.record.dropFirst() + Self.settings)
        }
        #expect(error?.expected.hasSuffix("instead of \(format)") == true)
    }

    @Test("A record that was cut anywhere is refused")
    func cut() {
        let bytes = Self.record + Self.settings
        for length in bytes.indices {
            #expect(throws: BinaryFormatError.self, "\(length) bytes") {
                try SecretRecord(decoding: Array(bytes[..<length]))
            }
        }
    }

    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = hex.filter { !$0.isWhitespace }.map { UInt8($0.hexDigitValue ?? 0) }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
