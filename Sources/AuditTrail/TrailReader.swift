/// Reads records out of the log, the newest ones or those after a number, without loading the whole.
enum TrailReader {
    /// Bytes of the log that are looked at in one step backwards.
    private static let windowBytes: UInt64 = 1 << 18

    /// The first `limit` matching records after `sequence`, in order.
    static func records(
        in file: borrowing OpenFile, matching filter: LineFilter, after sequence: UInt64, limit: Int
    ) throws(AuditError) -> [AuditRecord] {
        let end = try file.size()
        let start = try LineReader.offset(of: sequence &+ 1, in: file, end: end)
        var records: [AuditRecord] = []
        guard limit > 0 else { return [] }
        try LineReader.forEachLine(in: file, from: start, to: end) { (line, _) throws(AuditError) in
            guard let record = RecordLine(line), record.sequence > sequence, filter.matches(line, record)
            else { return true }
            records.append(AuditRecord(sequence: record.sequence, line: line.text(0..<line.count)))
            return records.count < limit
        }
        return records
    }

    /// The highest number that a request parameter has in the records after `sequence`; nil where none has it.
    static func highestParameter(
        _ name: StaticString, in file: borrowing OpenFile, after sequence: UInt64
    ) throws(AuditError) -> UInt64? {
        let end = try file.size()
        let start = try LineReader.offset(of: sequence &+ 1, in: file, end: end)
        var highest: UInt64?
        try LineReader.forEachLine(in: file, from: start, to: end) { (line, _) throws(AuditError) in
            guard let record = RecordLine(line), record.sequence > sequence,
                var index = line.parameter(name)
            else { return true }
            if let number = line.decimal(at: &index) { highest = max(highest ?? 0, number) }
            return true
        }
        return highest
    }

    /// The last `limit` matching records, in order.
    static func lastRecords(
        in file: borrowing OpenFile, matching filter: LineFilter, limit: Int
    ) throws(AuditError) -> [AuditRecord] {
        var end = try file.size()
        var records: [AuditRecord] = []
        while end > 0, records.count < limit {
            let start = try LineReader.startOfLine(
                in: file, around: end > windowBytes ? end - windowBytes : 0)
            var window: [AuditRecord] = []
            try LineReader.forEachLine(in: file, from: start, to: end) { (line, _) throws(AuditError) in
                if let record = RecordLine(line), filter.matches(line, record) {
                    window.append(
                        AuditRecord(sequence: record.sequence, line: line.text(0..<line.count)))
                }
                return true
            }
            records = window.suffix(limit - records.count) + records
            end = start
        }
        return records
    }
}

extension Span<UInt8> {
    /// Where the value of a request parameter begins, behind its quote. In a record no text can look like a field's name:
    /// its quotes are escaped.
    fileprivate func parameter(_ name: StaticString) -> Int? {
        var index = 0
        while let found = firstIndex(of: name, from: index) {
            let end = found + name.utf8CodeUnitCount
            if has("\":\"", at: end), found > 0, self[found - 1] == UInt8(ascii: "\"") { return end + 3 }
            index = found + 1
        }
        return nil
    }
}
