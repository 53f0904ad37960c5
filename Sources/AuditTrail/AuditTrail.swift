public import CofferCore
import Glibc
public import SecretMemory
import Synchronization

/// The audit trail of a store: records in a log, one a line, each chained to the one before with a key.
///
/// All calls may come from any thread; appends go one after the other.
public final class AuditTrail: Sendable {
    /// What was not in order when the trail was opened; nil if all was. The trail holds a record of each finding.
    public let recovery: Recovery?

    /// The last record that was found when the trail was opened.
    public let openedAfter: UInt64

    private let files: TrailFiles
    private let trailID: TrailID
    private let state: Mutex<TrailState>
    private let stallGuard = StallGuard()

    /// Opens the trail in `directory`, or begins it there, and locks it against other processes.
    ///
    /// `key` is the trail's key of the epoch `keyEpoch` (0: the first one) and `trailID` the store's 16 bytes. The trail
    /// must still hold the record that `expecting` names. A torn last line is moved to `audit.torn`; whatever else is
    /// amiss is left as it is, written down as a record, and told in `recovery`: the trail goes on behind it. Throws
    /// `inUse`, `foreign`, `full`, `io` or `keys`.
    public init(
        directory: String, key: consuming SymmetricKey, keyEpoch: UInt64 = 0, trailID: [UInt8],
        expecting: Checkpoint? = nil
    ) throws(AuditError) {
        files = TrailFiles(directory: directory)
        self.trailID = TrailID(trailID)
        let keys = try EpochKeys(key: key, epoch: keyEpoch)
        let opening = try Opening.open(files, keys: keys, trailID: self.trailID, expecting: expecting)
        let findings = opening.findings.filter(\.isDamage) + opening.findings.filter { !$0.isDamage }
        let isNew = opening.isNew
        openedAfter = opening.newest.sequence
        let resumedAfter = opening.isNewestLost ? opening.newest.value : nil
        var state = try TrailState(opening, keys: keys, trailID: self.trailID)
        let caller = Caller(uid: geteuid(), gid: getegid(), pid: getpid(), door: .daemon)
        for (index, finding) in findings.enumerated() {
            // The first one bridges a loss, and tells of damage whenever there is a loss.
            let bridge = index == 0 ? resumedAfter : nil
            let event = finding.event(at: .now, by: caller, resumedAfter: bridge)
            _ = try state.append(event)
        }
        if findings.isEmpty { try state.writeHead() }
        if isNew {
            try state.head.sync()
            try TrailFiles.syncDirectory(directory)
        }
        recovery = findings.isEmpty ? nil : Recovery(findings: findings)
        self.state = Mutex(state)
    }

    /// Appends a record and gives its number. When it returns, the kernel has the record: it outlives this process, and
    /// with `sync` the machine.
    ///
    /// When it throws, the request that the record stands for must fail. After `full` nothing of the record is left and
    /// a later call may succeed; after `stalled` nothing was tried.
    ///
    /// - Parameter note: is told the record's number just before it is written, and nil if it could not be.
    @discardableResult
    public func append(
        _ event: borrowing AuditEvent, noting note: (_ sequence: UInt64?) -> Void = { _ in }
    ) throws(AuditError) -> UInt64 {
        let sequence = try stallGuard.pass { () throws(AuditError) in
            try state.withLock { (state) throws(AuditError) in try state.append(event, noting: note) }
        }
        guard let sequence else { throw .stalled(path: files.directory) }
        return sequence
    }

    /// The last record.
    public var checkpoint: Checkpoint { state.withLock { $0.last.checkpoint } }

    /// The epoch of the last record and its key: whoever opens the trail with it can add to it, and check it from
    /// there on, but not make earlier records.
    public func epochKey() throws(AuditError) -> EpochKey {
        try state.withLock { (state) throws(AuditError) in try state.keys.exported() }
    }

    /// Waits until all records are on the disk. System call: `fdatasync`
    public func sync() throws(AuditError) {
        // Not under the lock: appends go on meanwhile.
        try TrailFiles.open(files.log, O_RDONLY).sync()
        try TrailFiles.open(files.head, O_RDONLY).sync()
    }

    /// Lets other processes, and this one, open the trail. Nothing can be appended by this object afterwards.
    public func close() {
        state.withLock { $0.close() }
    }

    /// Checks the whole trail as it stands now. `key` is the key of the epoch `keyEpoch`, as for opening: the trail itself
    /// has forgotten the keys of the epochs that are past.
    public func verify(
        key: consuming SymmetricKey, keyEpoch: UInt64 = 0
    ) throws(AuditError) -> VerificationReport {
        let file = try TrailFiles.open(files.log, O_RDONLY)
        let (last, size, isHeadRight) = try state.withLock { (state) throws(AuditError) in
            let head = try TrailFiles.open(files.head, O_RDONLY).read(Head.byteCount + 1, at: 0)
            return (state.last, try file.size(), head == state.headLine.bytes)
        }
        return try Verification(keys: EpochKeys(key: key, epoch: keyEpoch), trailID: trailID)
            .check(file, size: size, newest: last, remembered: nil, isHeadRight: isHeadRight)
    }

    /// Checks the whole trail in `directory`, which no process need have open.
    ///
    /// `expecting` is a record that the store remembers.
    public static func verify(
        directory: String, key: consuming SymmetricKey, keyEpoch: UInt64 = 0, trailID: [UInt8],
        expecting: Checkpoint? = nil
    ) throws(AuditError) -> VerificationReport {
        let files = TrailFiles(directory: directory)
        return try Verification(
            keys: EpochKeys(key: key, epoch: keyEpoch), trailID: TrailID(trailID)
        ).check(files, expecting: expecting)
    }

    /// The highest number that a request parameter has in the records after the number `sequence`; nil where none has it.
    public func highestParameter(
        _ name: StaticString, after sequence: UInt64
    ) throws(AuditError) -> UInt64? {
        try TrailReader.highestParameter(
            name, in: try TrailFiles.open(files.log, O_RDONLY), after: sequence)
    }

    /// The records that match, in order: the first `limit` after the number `sequence`, or the last `limit` if it is nil.
    ///
    /// To follow the trail, take `checkpoint` first, ask with `after`, and go on from the last record, or from the
    /// checkpoint if there were fewer than `limit`.
    public func records(
        matching filter: AuditFilter = AuditFilter(), after sequence: UInt64? = nil, limit: Int
    ) throws(AuditError) -> [AuditRecord] {
        let file = try TrailFiles.open(files.log, O_RDONLY)
        let filter = LineFilter(filter)
        guard let sequence else {
            return try TrailReader.lastRecords(in: file, matching: filter, limit: limit)
        }
        return try TrailReader.records(in: file, matching: filter, after: sequence, limit: limit)
    }
}

extension Timestamp {
    /// This moment. System call: `clock_gettime`
    fileprivate static var now: Timestamp {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
