import Glibc

/// Reads the log's lines in pieces, whatever its size.
enum LineReader {
    /// Bytes that are read at once.
    private static let pieceBytes = 1 << 18
    /// Bytes that are read at once where a line or two are looked for.
    static let fewLinesBytes = 1 << 12

    /// Gives each whole line from `start` on, which must be a line's beginning, without its newline, and where it
    /// begins, until `body` says false or `end` is reached. A line that is longer than a record may be comes cut.
    /// Gives the place behind the last newline that was seen.
    @discardableResult
    static func forEachLine(
        in file: borrowing OpenFile, from start: UInt64, to end: UInt64, pieceBytes: Int = pieceBytes,
        _ body: (Span<UInt8>, UInt64) throws(AuditError) -> Bool
    ) throws(AuditError) -> UInt64 {
        var buffer = [UInt8](repeating: 0, count: pieceBytes)
        var held = 0
        var readOffset = start
        var lineStart = start
        var isSkipping = false
        while readOffset < end {
            if held == buffer.count { buffer.append(contentsOf: repeatElement(0, count: buffer.count)) }
            let room = Int(min(UInt64(buffer.count - held), end - readOffset))
            var span = buffer.mutableSpan
            var target = span._mutatingExtracting(held..<held + room)
            let got = try file.read(into: &target, at: readOffset)
            guard got > 0 else { break }
            readOffset += UInt64(got)
            let count = held + got
            var begin = 0
            var index = held
            while let newline = buffer.span.index(of: UInt8(ascii: "\n"), from: index, to: count) {
                if isSkipping {
                    isSkipping = false
                } else if try !body(buffer.span.extracting(begin..<newline), lineStart) {
                    return lineStart
                }
                lineStart = readOffset - UInt64(count - newline - 1)
                begin = newline + 1
                index = begin
            }
            held = isSkipping ? 0 : count - begin
            if held > RecordFormatter.lineLimit {
                guard try body(buffer.span.extracting(begin..<begin + 256), lineStart) else {
                    return lineStart
                }
                isSkipping = true
                held = 0
            }
            if begin > 0, held > 0 { buffer.moveDown(from: begin, count: held) }
        }
        return lineStart
    }

    /// The beginning of the line that `offset` lies in, looked for in the bytes before it, not before `floor`.
    static func startOfLine(
        in file: borrowing OpenFile, around offset: UInt64, floor: UInt64 = 0
    ) throws(AuditError) -> UInt64 {
        var end = offset
        while end > floor {
            let start = end - floor > 4096 ? end - 4096 : floor
            let bytes = try file.read(Int(end - start), at: start)
            if let newline = bytes.lastIndex(of: UInt8(ascii: "\n")) { return start + UInt64(newline) + 1 }
            end = start
        }
        return floor
    }

    /// Where the line of the record `sequence` begins, or the first one after it; found by halving, so it can be
    /// trusted only as far as the lines stand in their order. Takes lines that are no records for part of the next.
    static func offset(
        of sequence: UInt64, in file: borrowing OpenFile, end: UInt64
    ) throws(AuditError) -> UInt64 {
        var (low, high) = (UInt64(0), end)
        while low < high {
            let start = try startOfLine(in: file, around: low + (high - low) / 2, floor: low)
            var found: (sequence: UInt64, offset: UInt64, next: UInt64)?
            try forEachLine(in: file, from: start, to: high, pieceBytes: fewLinesBytes) {
                (line, offset) throws(AuditError) in
                guard let record = RecordLine(line) else { return true }
                found = (record.sequence, offset, offset + UInt64(line.count) + 1)
                return false
            }
            guard let found, found.sequence < sequence else {
                high = start
                continue
            }
            low = found.next
        }
        return low
    }
}

extension Span<UInt8> {
    /// Where `byte` stands first between `start` and `end`. C library: `memchr`
    func index(of byte: UInt8, from start: Int, to end: Int) -> Int? {
        unsafe withUnsafeBytes { bytes in
            guard start < end,
                let found = unsafe memchr(bytes.baseAddress! + start, Int32(byte), end - start)
            else { return nil }
            return unsafe UnsafeRawPointer(found) - bytes.baseAddress!
        }
    }
}

extension [UInt8] {
    /// Moves `count` bytes at `start` to the front. C library: `memmove`
    fileprivate mutating func moveDown(from start: Int, count: Int) {
        unsafe withUnsafeMutableBytes { bytes in
            _ = unsafe memmove(bytes.baseAddress!, bytes.baseAddress! + start, count)
        }
    }
}
