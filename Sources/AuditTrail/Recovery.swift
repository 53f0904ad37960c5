import CofferCore

/// What was not in order when the trail was opened. Each finding has its record in the trail.
public struct Recovery: Sendable, Equatable {
    /// One thing that was found.
    public enum Finding: Sendable, Equatable {
        /// The last line had been written in part only: its bytes were moved to `audit.torn`. No record was lost:
        /// the request that it stood for was never answered.
        case tornLine(bytes: UInt64)
        /// The records after `found` up to `expected` are gone: the head file or the store knows of them.
        case missingTail(expected: UInt64, found: UInt64)
        /// There are records, but no head file: what was cut off, if anything was, can't be told.
        case headMissing
        /// The head file is not the one that was written.
        case headDamaged
        /// The record with this number is not the one that the store remembers.
        case checkpointMismatch(sequence: UInt64)
        /// So many lines near the end are not in order; `verify` names them.
        case damagedLines(count: UInt64)

        /// Whether records may have been lost or changed; a torn line alone is the ordinary end of a crash.
        public var isDamage: Bool {
            if case .tornLine = self { false } else { true }
        }

        /// One sentence for a person.
        public var message: String {
            switch self {
            case .tornLine(let bytes):
                "The last line was written in part only; its \(bytes) bytes were moved to audit.torn."
            case .missingTail(let expected, let found):
                "The trail ends at record \(found), but record \(expected) was written: the rest is lost."
            case .headMissing:
                "The head file audit.head is missing, so that a cut-off end would not show."
            case .headDamaged:
                "The head file audit.head was damaged or replaced, so that a cut-off end might not show."
            case .checkpointMismatch(let sequence):
                "Record \(sequence) is not the one that the store remembers: the trail was changed or replaced."
            case .damagedLines(let count):
                "\(count) problems were found near the end of the trail; run `coffer audit verify`."
            }
        }

        /// The record that tells of it.
        /// `resumedAfter` is the chain value behind which the trail goes on, where the record that had it is lost.
        func event(at time: Timestamp, by caller: Caller, resumedAfter: ChainValue?) -> AuditEvent {
            let resumption = resumedAfter.map { [(name: "resumedAfter", value: $0.hex)] } ?? []
            return AuditEvent(
                time: time, name: isDamage ? Self.damageName : "TrailRepaired", source: "coffer",
                caller: caller, parameters: parameters + resumption,
                errorCode: isDamage ? "TrailDamaged" : nil, errorMessage: message, requestID: 0,
                isReadOnly: false)
        }

        /// The eventName of records that tell of damage: they count as a problem for ever.
        static let damageName = "TrailDamaged"

        private var parameters: [(name: String, value: String)] {
            switch self {
            case .tornLine(let bytes): [("finding", "tornLine"), ("bytes", "\(bytes)")]
            case .missingTail(let expected, let found):
                [("finding", "missingTail"), ("expected", "\(expected)"), ("found", "\(found)")]
            case .headMissing: [("finding", "headMissing")]
            case .headDamaged: [("finding", "headDamaged")]
            case .checkpointMismatch(let sequence):
                [("finding", "checkpointMismatch"), ("checkpoint", "\(sequence)")]
            case .damagedLines(let count): [("finding", "damagedLines"), ("count", "\(count)")]
            }
        }
    }

    /// What was found; never empty.
    public var findings: [Finding]

    /// Whether records may have been lost or changed.
    public var isDamage: Bool { findings.contains { $0.isDamage } }
    /// What was found, one sentence a finding.
    public var message: String { findings.map(\.message).joined(separator: " ") }
}
