import SecretMemory

/// The head file's one line: the last record's number and chain value, sealed with the key of its epoch.
///
/// `coffer-audit-head 1 <20 digits> <32 hexadecimal digits> <32 hexadecimal digits>`, 107 bytes with the newline. The
/// seal is a keyed BLAKE2b (16 bytes) over what stands before it and the trail's id.
enum Head {
    static let byteCount = 107
    private static let start: StaticString = "coffer-audit-head 1 "

    /// Writes the line into `line`.
    static func write(
        _ link: Link, trailID: TrailID, keys: borrowing EpochKeys, into line: inout LineBuffer
    ) {
        line.removeAll()
        line.append(start)
        line.appendNumber(link.sequence, digits: 20)
        line.append(UInt8(ascii: " "))
        link.value.appendHex(to: &line)
        line.append(UInt8(ascii: " "))
        let seal = seal(over: &line, trailID: trailID, keys: keys)
        seal.appendHex(to: &line)
        line.append(UInt8(ascii: "\n"))
    }

    /// What a head file says before its seal is checked; nil for one that isn't whole.
    static func parse(_ line: Span<UInt8>) -> Link? {
        guard line.count == byteCount, line.has(start, at: 0) else { return nil }
        var sequence: UInt64 = 0
        for index in start.utf8CodeUnitCount..<start.utf8CodeUnitCount + 20 {
            let digit = line[index] &- UInt8(ascii: "0")
            let (product, isTooBig) = sequence.multipliedReportingOverflow(by: 10)
            guard digit < 10, !isTooBig, product < UInt64(Int64.max) - 10 else { return nil }
            sequence = product + UInt64(digit)
        }
        guard let value = ChainValue(hex: line, at: 41) else { return nil }
        return Link(sequence: sequence, value: value)
    }

    /// What a head file says; nil unless it is sealed with the key of its record's epoch, reached from `keys`.
    static func authenticated(
        _ line: [UInt8], trailID: TrailID, keys: borrowing EpochKeys, sequenceLimit: UInt64
    ) throws(AuditError) -> Link? {
        guard let link = parse(line.span), link.sequence <= sequenceLimit,
            EpochKeys.epoch(of: link.sequence) >= keys.epoch
        else { return nil }
        var keys = try keys.copy()
        try keys.advance(to: EpochKeys.epoch(of: link.sequence))
        var expected = LineBuffer(capacity: 128)
        write(link, trailID: trailID, keys: keys, into: &expected)
        return expected.withSpan { KeyedHash.isEqual($0, line.span) } ? link : nil
    }

    private static func seal(
        over line: inout LineBuffer, trailID: TrailID, keys: borrowing EpochKeys
    ) -> ChainValue {
        line.append(trailID.bytes.span)
        var digest = InlineArray<16, UInt8>(repeating: 0)
        var seal = digest.mutableSpan
        line.withSpan { KeyedHash.hash($0, key: keys.head, into: &seal) }
        line.removeLast(trailID.bytes.count)
        return ChainValue(digest.span)
    }
}
