import CofferCore
import Glibc
import SecretMemory

/// Opens a trail's files, finds its last record, and tells what isn't in order. Only a torn line is changed.
struct Opening: ~Copyable {
    /// Records that the head or a line may be ahead of what is known otherwise; more is taken for nonsense.
    private static let plausibleLead: UInt64 = 1 << 32

    let log: OpenFile
    let head: OpenFile
    /// The record that the next one follows.
    private(set) var newest: Link
    /// Whether that record is lost, so that the next one must name its chain value.
    private(set) var isNewestLost = false
    private(set) var findings: [Recovery.Finding] = []
    /// What the head file says, where it is to be believed.
    private(set) var headLink: Link?

    /// Whether the trail begins here.
    let isNew: Bool

    private let files: TrailFiles
    private let trailID: TrailID

    /// Opens and locks the files, and looks what is there. `keys` are those that the caller has, of the first epoch
    /// that can be checked.
    static func open(
        _ files: TrailFiles, keys: borrowing EpochKeys, trailID: TrailID, expecting: Checkpoint?
    ) throws(AuditError) -> Opening {
        try files.prepareDirectory()
        let head = try TrailFiles.open(files.head, O_RDWR | O_CREAT)
        guard try head.tryLock() else { throw .inUse(path: files.directory) }
        let log = try TrailFiles.open(files.log, O_RDWR | O_CREAT | O_APPEND)
        let expected = try Self.link(expecting, path: files.directory)
        let (logSize, headSize) = (try log.size(), try head.size())
        var opening = Opening(
            log: log, head: head, newest: Genesis.link(of: trailID, keys: keys),
            isNew: logSize == 0 && headSize == 0 && (expected?.sequence ?? 0) == 0, files: files,
            trailID: trailID)
        if !opening.isNew { try opening.look(keys, expected) }
        return opening
    }

    private init(
        log: consuming OpenFile, head: consuming OpenFile, newest: Link, isNew: Bool, files: TrailFiles,
        trailID: TrailID
    ) {
        self.log = log
        self.head = head
        self.newest = newest
        self.isNew = isNew
        self.files = files
        self.trailID = trailID
    }

    private mutating func look(_ keys: borrowing EpochKeys, _ expected: Link?) throws(AuditError) {
        try readHead(keys, expected)
        if headLink == nil { try refuseForeignLog() }
        try cutTornLine()
        try followChain(keys, expected)
    }

    private static func link(_ checkpoint: Checkpoint?, path: String) throws(AuditError) -> Link? {
        guard let checkpoint else { return nil }
        guard let link = Link(checkpoint) else {
            throw .foreign(path: path, reason: "the store's checkpoint is damaged; restore the store.")
        }
        return link
    }

    private mutating func readHead(_ keys: borrowing EpochKeys, _ expected: Link?) throws(AuditError) {
        let bytes = try head.read(Head.byteCount + 1, at: 0)
        guard !bytes.isEmpty else { return findings.append(.headMissing) }
        headLink = try Head.authenticated(
            bytes, trailID: trailID, keys: keys,
            sequenceLimit: (expected?.sequence ?? 0) + Self.plausibleLead)
        if headLink == nil { findings.append(.headDamaged) }
    }

    /// Refuses a log that was never this trail's, rather than go on in it.
    private func refuseForeignLog() throws(AuditError) {
        var reason: String?
        try LineReader.forEachLine(in: log, from: 0, to: log.size()) { (line, _) throws(AuditError) in
            if let record = RecordLine(line) {
                if !trailID.owns(line, eventIDAt: record.eventIDOffset(in: line)) {
                    reason =
                        "it is the audit trail of another store; name another directory with --audit-log."
                }
            } else {
                reason = "its first line is no audit record; move it away, or name another directory."
            }
            return false
        }
        if let reason { throw .foreign(path: files.log, reason: reason) }
    }

    /// Moves a last line without an end to `audit.torn`.
    private mutating func cutTornLine() throws(AuditError) {
        let size = try log.size()
        let end = try LineReader.startOfLine(in: log, around: size)
        guard end < size else { return }
        let torn = try TrailFiles.open(files.torn, O_WRONLY | O_CREAT | O_APPEND)
        var bytes = try log.read(Int(min(size - end, UInt64(RecordFormatter.lineLimit))), at: end)
        bytes.append(UInt8(ascii: "\n"))
        // It is only kept to be looked at: if there is no room for it, the trail is still repaired.
        _ = torn.append(bytes.span)
        try log.truncate(to: end)
        findings.append(.tornLine(bytes: size - end))
    }

    /// Follows the chain from the newest known record to the end of the log.
    private mutating func followChain(_ keys: borrowing EpochKeys, _ expected: Link?) throws(AuditError) {
        let end = try log.size()
        let known = [headLink, expected].compactMap(\.self).sorted { $0.sequence > $1.sequence }
        var anchor: (link: Link, next: UInt64) = (newest, 0)
        for link in known {
            guard EpochKeys.epoch(of: link.sequence) >= keys.epoch, let next = try locate(link, end)
            else { continue }
            anchor = (link, next)
            break
        }
        var start = try keys.copy()
        try start.advance(to: EpochKeys.epoch(of: anchor.link.sequence))
        var verifier = try ChainVerifier(
            keys: start, trailID: trailID, behind: anchor.link,
            sequenceLimit: (known.first?.sequence ?? 0) + Self.plausibleLead)
        try LineReader.forEachLine(in: log, from: anchor.next, to: end) { (line, _) throws(AuditError) in
            try verifier.take(line)
            return true
        }
        verifier.finish(newest: nil)
        let good = verifier.good
        if verifier.report.problemCount > 0 {
            findings.append(.damagedLines(count: verifier.report.problemCount))
        }
        for link in known where link.sequence <= good.sequence {
            if try locate(link, end) == nil {
                findings.append(.checkpointMismatch(sequence: link.sequence))
            }
        }
        newest = good
        if let latest = known.first, latest.sequence > good.sequence {
            findings.append(.missingTail(expected: latest.sequence, found: good.sequence))
            newest = latest
            isNewestLost = true
        }
    }

    /// Where the line behind a record's begins, if the record is there with this chain value.
    private func locate(_ link: Link, _ end: UInt64) throws(AuditError) -> UInt64? {
        guard link.sequence > 0 else { return link == newest || newest.sequence > 0 ? 0 : nil }
        let start = try LineReader.offset(of: link.sequence, in: log, end: end)
        var next: UInt64?
        try LineReader.forEachLine(in: log, from: start, to: end, pieceBytes: LineReader.fewLinesBytes) {
            (line, offset) throws(AuditError) in
            guard let record = RecordLine(line) else { return true }
            if record.sequence == link.sequence, record.value == link.value {
                next = offset + UInt64(line.count) + 1
            }
            return false
        }
        return next
    }
}

/// The value that the first record follows.
enum Genesis {
    /// Keyed BLAKE2b (16 bytes) over `coffer audit trail 1` and the trail's id.
    static func link(of trailID: TrailID, keys: borrowing EpochKeys) -> Link {
        var message = LineBuffer()
        message.append("coffer audit trail 1")
        message.append(trailID.bytes.span)
        var digest = InlineArray<16, UInt8>(repeating: 0)
        var output = digest.mutableSpan
        message.withSpan { KeyedHash.hash($0, key: keys.record, into: &output) }
        return Link(sequence: 0, value: ChainValue(digest.span))
    }
}
