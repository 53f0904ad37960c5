/// Where things stand in a line of the log that has a record's shape. What it says is not yet believed.
struct RecordLine {
    /// The record's number, as the line tells.
    let sequence: UInt64
    /// The chain value that the line tells.
    let value: ChainValue
    /// Bytes before `,"chain"`: what the chain value is made over.
    let bodyCount: Int
    /// Where the digits of the sequence end.
    private let sequenceEnd: Int

    private static let start: StaticString = "{\"eventVersion\":\"1.0\",\"sequence\":"
    private static let timeStart: StaticString = ",\"eventTime\":\""
    private static let chainStart: StaticString = ",\"chain\":\""
    private static let end: StaticString = "\"}"
    private static let damage: StaticString = "\",\"eventSource\":\"coffer\",\"eventName\":\"TrailDamaged\","
    private static let resumption: StaticString = "\"resumedAfter\":\""
    private static let tail: StaticString = "\",\"readOnly\":"

    /// Reads a line without its newline; nil for one that can't be a record.
    init?(_ line: Span<UInt8>) {
        let chain = line.count - Self.end.utf8CodeUnitCount - ChainValue.hexDigits
        let body = chain - Self.chainStart.utf8CodeUnitCount
        guard line.has(Self.start, at: 0), line.has(Self.end, at: line.count - 2),
            line.has(Self.chainStart, at: body), let value = ChainValue(hex: line, at: chain)
        else { return nil }
        var index = Self.start.utf8CodeUnitCount
        guard let sequence = line.decimal(at: &index), line.has(Self.timeStart, at: index) else { return nil }
        self.sequence = sequence
        self.value = value
        bodyCount = body
        sequenceEnd = index
    }

    /// Appends the 24 characters of eventTime.
    func appendTime(of line: Span<UInt8>, to text: inout [UInt8]) {
        let start = sequenceEnd + Self.timeStart.utf8CodeUnitCount
        for index in start..<min(start + 24, line.count) { text.append(line[index]) }
    }

    /// Whether it is a record by which an opening of the trail tells of damage.
    func isDamageRecord(_ line: Span<UInt8>) -> Bool {
        line.has(Self.damage, at: sequenceEnd + Self.timeStart.utf8CodeUnitCount + 24)
    }

    /// The chain value behind which the trail went on after a loss, where the record names one.
    func statedResumption(in line: Span<UInt8>) -> ChainValue? {
        guard let start = line.firstIndex(of: Self.resumption, from: sequenceEnd) else { return nil }
        return ChainValue(hex: line, at: start + Self.resumption.utf8CodeUnitCount)
    }

    /// Where the eventID begins; -1 if there is none.
    func eventIDOffset(in line: Span<UInt8>) -> Int {
        for count in 4...5 {
            let readOnly = bodyCount - count - Self.tail.utf8CodeUnitCount
            if line.has(Self.tail, at: readOnly) { return readOnly - 36 }
        }
        return -1
    }
}

extension Span<UInt8> {
    /// Whether `text` stands at `offset`.
    func has(_ text: StaticString, at offset: Int) -> Bool {
        guard offset >= 0, offset + text.utf8CodeUnitCount <= count else { return false }
        for index in 0..<text.utf8CodeUnitCount
        where unsafe self[offset + index] != text.utf8Start[index] {
            return false
        }
        return true
    }

    /// Where `text` stands first at or after `offset`; nil if it doesn't.
    func firstIndex(of text: StaticString, from offset: Int = 0) -> Int? {
        let first = unsafe text.utf8Start[0]
        var index = offset
        while index + text.utf8CodeUnitCount <= count {
            if self[index] == first, has(text, at: index) { return index }
            index += 1
        }
        return nil
    }

    /// Reads a decimal number without leading zeros at `index` and moves behind it; nil for anything else.
    func decimal(at index: inout Int) -> UInt64? {
        var value: UInt64 = 0
        let start = index
        while index < count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self[index]) {
            let (product, isTooBig) = value.multipliedReportingOverflow(by: 10)
            let (sum, isOver) = product.addingReportingOverflow(UInt64(self[index] - UInt8(ascii: "0")))
            guard !isTooBig, !isOver else { return nil }
            value = sum
            index += 1
        }
        guard index > start, index == start + 1 || self[start] != UInt8(ascii: "0") else { return nil }
        return value
    }

    /// The bytes of `range` as text, invalid ones replaced.
    func text(_ range: Range<Int>) -> String {
        let part = extracting(range)
        return unsafe part.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }
}
