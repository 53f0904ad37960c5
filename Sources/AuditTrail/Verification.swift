import Glibc

/// A check of a whole log against what else is known of it.
struct Verification: ~Copyable {
    private static let plausibleLead: UInt64 = 1 << 32

    private let keys: EpochKeys
    private let trailID: TrailID

    init(keys: consuming EpochKeys, trailID: TrailID) {
        self.keys = keys
        self.trailID = trailID
    }

    /// Checks the files of a trail that this process hasn't open.
    consuming func check(
        _ files: TrailFiles, expecting: Checkpoint?
    ) throws(AuditError) -> VerificationReport {
        let expected = expecting.flatMap { Link($0) }
        // The head first: a record that is added in between is then only ahead of it, which is in order.
        let headFile = try TrailFiles.open(files.head, O_RDONLY)
        let head = try Head.authenticated(
            headFile.read(Head.byteCount + 1, at: 0), trailID: trailID, keys: keys,
            sequenceLimit: (expected?.sequence ?? 0) + Self.plausibleLead)
        let newest = [head, expected].compactMap(\.self).max { $0.sequence < $1.sequence }
        let log = try TrailFiles.open(files.log, O_RDONLY)
        return try check(
            log, size: log.size(), newest: newest, remembered: expected, isHeadRight: head != nil)
    }

    /// Checks the first `size` bytes of the log, whose last record must be `newest` or come after it.
    consuming func check(
        _ log: borrowing OpenFile, size: UInt64, newest: Link?, remembered: Link?, isHeadRight: Bool
    ) throws(AuditError) -> VerificationReport {
        var verifier = try ChainVerifier(
            keys: keys.copy(), trailID: trailID, behind: Genesis.link(of: trailID, keys: keys),
            sequenceLimit: (newest?.sequence ?? 0) + Self.plausibleLead, remembered: remembered)
        let end = try LineReader.forEachLine(in: log, from: 0, to: size) { (line, _) throws(AuditError) in
            try verifier.take(line)
            return true
        }
        if end < size { verifier.note(.torn(bytes: size - end)) }
        if !isHeadRight { verifier.note(.head) }
        verifier.finish(newest: newest)
        return verifier.report
    }
}
