import CofferCore
import Glibc
import SecretMemory

/// What an append changes, under the trail's lock.
///
/// Invariants: `last` is the last record in the log; `keys` are of its epoch, or of the next one's; the head file
/// holds `last`, or the record before it after a crash or an error between the two writes; the log ends with a newline
/// unless `pendingCut` says where it has to be cut first.
struct TrailState: ~Copyable {
    let log: OpenFile
    let head: OpenFile
    var last: Link
    private(set) var keys: EpochKeys
    /// The head file's bytes.
    private(set) var headLine = LineBuffer(capacity: 256)

    private let trailID: TrailID
    private var formatter: RecordFormatter
    private var buffer = LineBuffer(capacity: 4096)
    private var pendingCut: UInt64?
    private var isClosed = false

    init(_ opening: consuming Opening, keys: consuming EpochKeys, trailID: TrailID) throws(AuditError) {
        last = opening.newest
        self.keys = keys
        self.trailID = trailID
        formatter = RecordFormatter(trailID: trailID)
        log = opening.log
        head = opening.head
        try self.keys.advance(to: EpochKeys.epoch(of: last.sequence))
    }

    /// Writes one record, then the head. Gives the record's number.
    mutating func append(
        _ event: borrowing AuditEvent, noting note: (_ sequence: UInt64?) -> Void = { _ in }
    ) throws(AuditError) -> UInt64 {
        // Another process may be writing by now.
        guard !isClosed else { throw .io(path: log.path, code: EBADF) }
        if let pendingCut {
            try log.truncate(to: pendingCut)
            self.pendingCut = nil
        }
        let sequence = last.sequence + 1
        try keys.advance(to: EpochKeys.epoch(of: sequence))
        // The value before stands in front of the line, so that both are hashed in one go.
        buffer.removeAll()
        last.value.append(to: &buffer)
        formatter.append(event, sequence: sequence, to: &buffer)
        guard buffer.count < RecordFormatter.lineLimit else {
            throw .tooLong(limitBytes: RecordFormatter.lineLimit)
        }
        var digest = InlineArray<16, UInt8>(repeating: 0)
        var output = digest.mutableSpan
        buffer.withSpan { KeyedHash.hash($0, key: keys.record, into: &output) }
        let value = ChainValue(digest.span)
        RecordFormatter.appendChain(value, to: &buffer)
        note(sequence)
        do {
            try writeLine()
        } catch {
            // Under the lock: the next record gets the number.
            note(nil)
            throw error
        }
        last = Link(sequence: sequence, value: value)
        try writeHead()
        return sequence
    }

    /// Gives the lock up, whoever still holds the trail's object.
    mutating func close() {
        isClosed = true
        head.unlock()
    }

    /// Writes the head file in place, as it stands for `last`.
    mutating func writeHead() throws(AuditError) {
        Head.write(last, trailID: trailID, keys: keys, into: &headLine)
        try headLine.withSpan { (line) throws(AuditError) in try head.write(line, at: 0) }
    }

    /// Writes the whole line or none of it.
    private mutating func writeLine() throws(AuditError) {
        let (written, code) = buffer.withSpan(from: ChainValue.byteCount) { log.append($0) }
        guard written < buffer.count - ChainValue.byteCount else { return }
        if written > 0 {
            let end = try log.size() - UInt64(written)
            pendingCut = end
            try log.truncate(to: end)
            pendingCut = nil
        }
        throw AuditError(errno: code, path: log.path)
    }
}
