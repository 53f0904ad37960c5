import CofferCore
import SecretMemory

/// Follows the chain line by line, names what breaks it, and finds the way back into it.
///
/// A line is in order when its chain value is the keyed hash over the value before it and the line. After a break, the
/// value before a line may stand in the broken line, in one that was moved, or, behind a loss that an opening found,
/// in the record of that opening (`resumedAfter`).
struct ChainVerifier: ~Copyable {
    /// A line that isn't in order, as far as it is known.
    private struct Suspect {
        var line: UInt64
        /// Whether its eventID is of this trail.
        var isOurs: Bool
        var isReported = false
        var sequence: UInt64?
        var value: ChainValue?
        /// The value that the line ought to have if it followed the last good record.
        var dueValue: ChainValue?
    }

    /// Suspects that are kept; beyond, they are reported for what they look like.
    private static let runLimit = 1024
    private static let strayLimit = 256

    /// The last record in order.
    private(set) var good: Link
    /// A record that somebody remembers: it must have this chain value.
    private let remembered: Link?
    private(set) var report = VerificationReport()
    private(set) var lineNumber: UInt64

    private let trailID: TrailID
    private let firstEpoch: UInt64
    /// The highest number that a record can have.
    private let sequenceLimit: UInt64
    private var keys: EpochKeys
    /// Keys of a later epoch, for lines that are tried and not yet believed.
    private var laterKeys: EpochKeys
    /// Lines since `good` that are not in order.
    private var run: [Suspect] = []
    /// Earlier suspects that may turn out to be records out of their place.
    private var strays: [Suspect] = []
    private var lastTime: [UInt8] = []
    private var message = LineBuffer()

    /// Begins behind `good`; `keys` are of the first epoch that can be checked.
    init(
        keys: consuming EpochKeys, trailID: TrailID, behind good: Link, lineNumber: UInt64 = 0,
        sequenceLimit: UInt64, remembered: Link? = nil
    ) throws(AuditError) {
        firstEpoch = keys.epoch
        laterKeys = try keys.copy()
        self.keys = keys
        self.trailID = trailID
        self.good = good
        self.remembered = remembered
        self.lineNumber = lineNumber
        self.sequenceLimit = sequenceLimit
    }

    /// Takes the next line, without its newline.
    mutating func take(_ line: Span<UInt8>) throws(AuditError) {
        lineNumber += 1
        guard let record = RecordLine(line) else {
            // What is left of a record may still end in its chain value, and the next one follows from that.
            let value = ChainValue(hex: line, at: line.count - ChainValue.byteCount * 2 - 2)
            return add(Suspect(line: lineNumber, isOurs: false, value: value))
        }
        let suspect = Suspect(
            line: lineNumber, isOurs: trailID.owns(line, eventIDAt: record.eventIDOffset(in: line)),
            sequence: record.sequence, value: record.value)
        guard record.sequence > 0, record.sequence <= sequenceLimit else { return add(suspect) }
        let epoch = EpochKeys.epoch(of: record.sequence)
        if epoch < firstEpoch { return passUnchecked(record, line) }
        guard record.sequence > good.sequence else { return add(suspect) }
        let due = try hash(line, record, after: good.value)
        if due == record.value { return try accept(record, line) }
        for value in candidates(for: record) {
            if try hash(line, record, after: value) == record.value {
                return try acceptBehindRun(record, line)
            }
        }
        if record.isDamageRecord(line), let value = record.statedResumption(in: line),
            try hash(line, record, after: value) == record.value
        {
            return try accept(record, line)
        }
        var unfit = suspect
        unfit.dueValue = run.isEmpty ? due : nil
        add(unfit)
    }

    /// Values, other than the last good one, that the record may follow from.
    private func candidates(for record: RecordLine) -> [ChainValue] {
        let stray = strays.last { $0.sequence == record.sequence - 1 }
        return [run.last?.value, run.last?.dueValue, stray?.value].compactMap(\.self)
    }

    /// Ends the check: `newest` is the record that is known to have been the last one.
    mutating func finish(newest: Link?) {
        let end = max(newest?.sequence ?? 0, good.sequence)
        let seen = settleRun(before: end + 1)
        for stray in strays where !stray.isReported {
            let isPast = stray.isOurs && (stray.sequence ?? .max) <= seen
            report.add(
                isPast ? .outOfPlace : .foreign, line: stray.line, sequence: isPast ? stray.sequence : nil)
        }
        strays.removeAll()
        if seen < end {
            report.add(.cutOff(first: seen + 1, last: end))
        } else if let newest, newest.sequence == good.sequence, newest.value != good.value {
            report.add(.checkpoint, line: lineNumber, sequence: newest.sequence)
        }
        report.last = good.checkpoint
        report.lastTime = Timestamp(String(decoding: lastTime, as: UTF8.self))
        report.problems.sort { ($0.line ?? .max) < ($1.line ?? .max) }
    }

    /// Notes a problem that is not found by following the chain.
    mutating func note(
        _ kind: VerificationReport.Problem.Kind, line: UInt64? = nil, sequence: UInt64? = nil
    ) {
        report.add(kind, line: line, sequence: sequence)
    }

    // MARK: - Lines in order

    /// Takes a record that follows from the last good one: what came in between was put there.
    private mutating func accept(_ record: RecordLine, _ line: Span<UInt8>) throws(AuditError) {
        for suspect in run { addStray(suspect) }
        run.removeAll(keepingCapacity: true)
        if record.sequence > good.sequence + 1 {
            report.add(
                .removed(first: good.sequence + 1, last: record.sequence - 1), line: lineNumber,
                sequence: record.sequence)
        }
        try believe(record, line)
    }

    /// Takes a record that follows from a suspect: what lies between the last good one and it was changed or removed.
    private mutating func acceptBehindRun(_ record: RecordLine, _ line: Span<UInt8>) throws(AuditError) {
        let seen = settleRun(before: record.sequence)
        if seen + 1 < record.sequence {
            report.add(
                .removed(first: seen + 1, last: record.sequence - 1), line: lineNumber,
                sequence: record.sequence)
        }
        try believe(record, line)
    }

    private mutating func believe(_ record: RecordLine, _ line: Span<UInt8>) throws(AuditError) {
        try keys.advance(to: EpochKeys.epoch(of: record.sequence))
        if record.isDamageRecord(line) {
            report.add(.recordedDamage, line: lineNumber, sequence: record.sequence)
        }
        report.records += 1
        step(to: record, line)
    }

    /// Takes a record of an epoch before the key's: only its number can be checked.
    private mutating func passUnchecked(_ record: RecordLine, _ line: Span<UInt8>) {
        guard record.sequence > good.sequence else {
            return report.add(.outOfPlace, line: lineNumber, sequence: record.sequence)
        }
        if record.sequence > good.sequence + 1 {
            report.add(
                .removed(first: good.sequence + 1, last: record.sequence - 1), line: lineNumber,
                sequence: record.sequence)
        }
        report.uncheckedRecords += 1
        step(to: record, line)
    }

    private mutating func step(to record: RecordLine, _ line: Span<UInt8>) {
        good = Link(sequence: record.sequence, value: record.value)
        if let remembered, remembered.sequence == good.sequence, remembered.value != good.value {
            report.add(.checkpoint, line: lineNumber, sequence: good.sequence)
        }
        lastTime.removeAll(keepingCapacity: true)
        record.appendTime(of: line, to: &lastTime)
        if report.firstTime == nil { report.firstTime = Timestamp(String(decoding: lastTime, as: UTF8.self)) }
    }

    // MARK: - Lines out of order

    private mutating func add(_ suspect: Suspect) {
        run.append(suspect)
        guard run.count > Self.runLimit else { return }
        let oldest = run.removeFirst()
        report.add(oldest.isOurs ? .edited : .foreign, line: oldest.line, sequence: oldest.sequence)
    }

    private mutating func addStray(_ suspect: Suspect) {
        if strays.count == Self.strayLimit {
            let oldest = strays.removeFirst()
            if !oldest.isReported { report.add(.foreign, line: oldest.line) }
        }
        strays.append(suspect)
    }

    /// Names what is wrong with the lines since the last good one, which stand where its followers up to `next`
    /// should. Gives the last number for which there is a line.
    private mutating func settleRun(before next: UInt64) -> UInt64 {
        var position = good.sequence + 1
        for (index, suspect) in run.enumerated() {
            position = skipStrays(from: position, before: next)
            if let claimed = suspect.sequence, suspect.isOurs, claimed >= position, claimed < next {
                if claimed > position {
                    report.add(
                        .removed(first: position, last: claimed - 1), line: suspect.line, sequence: claimed)
                } else {
                    report.add(.edited, line: suspect.line, sequence: claimed)
                }
                position = claimed + 1
            } else if next > position, next - position >= UInt64(run.count - index) {
                report.add(.edited, line: suspect.line, sequence: position)
                var reported = suspect
                reported.isReported = true
                addStray(reported)
                position += 1
            } else {
                addStray(suspect)
            }
        }
        run.removeAll(keepingCapacity: true)
        return skipStrays(from: position, before: next) - 1
    }

    /// Goes on over numbers whose records stand elsewhere, and names those.
    private mutating func skipStrays(from start: UInt64, before next: UInt64) -> UInt64 {
        var position = start
        while position < next,
            let index = strays.firstIndex(where: { $0.sequence == position && $0.isOurs && !$0.isReported })
        {
            report.add(.outOfPlace, line: strays[index].line, sequence: position)
            strays.remove(at: index)
            position += 1
        }
        return position
    }

    // MARK: - The hash

    /// The chain value that the line has if it follows `value`.
    private mutating func hash(
        _ line: Span<UInt8>, _ record: RecordLine, after value: ChainValue
    ) throws(AuditError) -> ChainValue {
        message.removeAll()
        value.append(to: &message)
        message.append(line.extracting(0..<record.bodyCount))
        let epoch = EpochKeys.epoch(of: record.sequence)
        if epoch != keys.epoch { try prepareLaterKeys(epoch) }
        var digest = InlineArray<16, UInt8>(repeating: 0)
        var output = digest.mutableSpan
        if epoch == keys.epoch {
            message.withSpan { KeyedHash.hash($0, key: keys.record, into: &output) }
        } else {
            message.withSpan { KeyedHash.hash($0, key: laterKeys.record, into: &output) }
        }
        return ChainValue(digest.span)
    }

    private mutating func prepareLaterKeys(_ epoch: UInt64) throws(AuditError) {
        if laterKeys.epoch > epoch { laterKeys = try keys.copy() }
        try laterKeys.advance(to: epoch)
    }
}
