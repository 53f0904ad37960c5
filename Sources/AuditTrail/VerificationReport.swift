public import CofferCore

/// What a check of the whole trail found.
public struct VerificationReport: Sendable, Equatable {
    /// Something that is not as the trail was written.
    public struct Problem: Sendable, Equatable {
        /// What is wrong.
        public enum Kind: Sendable, Equatable {
            /// The record was changed, or its chain value was.
            case edited
            /// The records from `first` to `last` are gone from the middle.
            case removed(first: UInt64, last: UInt64)
            /// The record stands where it wasn't written, or stands twice.
            case outOfPlace
            /// The line is not a record of this trail.
            case foreign
            /// The newest records are gone, from `first` to `last`.
            case cutOff(first: UInt64, last: UInt64)
            /// An opening of the trail found these records lost, or itself robbed, and wrote that down here.
            case recordedDamage
            /// The log ends in the middle of a line.
            case torn(bytes: UInt64)
            /// The head file is missing, damaged, or of another time.
            case head
            /// The record that the store remembers isn't this one.
            case checkpoint
        }

        /// What is wrong.
        public var kind: Kind
        /// The line of the log, counted from 1; nil where it is not a matter of one line.
        public var line: UInt64?
        /// The record's number, where one can be told.
        public var sequence: UInt64?

        /// One sentence for a person.
        public var message: String {
            let place = line.map { "Line \($0): " } ?? ""
            let record = sequence.map { "record \($0)" } ?? "the record"
            return switch kind {
            case .edited: "\(place)\(record) was changed, or does not follow from the line before it."
            case .removed(let first, let last):
                "\(place)before it \(Self.records(first, last)) removed."
            case .outOfPlace: "\(place)\(record) does not belong here: it was moved or copied."
            case .foreign: "\(place)this is not a record of this trail: somebody else wrote it."
            case .cutOff(let first, let last):
                "The end of the trail is cut off: \(Self.records(first, last)) missing."
            case .recordedDamage:
                "\(place)\(record) tells of damage that was found when the trail was opened."
            case .torn(let bytes): "The last line is not whole: \(bytes) bytes without an end."
            case .head: "The head file audit.head is missing, damaged or out of date."
            case .checkpoint: "\(place)\(record) is not the one that the store remembers."
            }
        }

        private static func records(_ first: UInt64, _ last: UInt64) -> String {
            first == last ? "record \(first) is" : "records \(first) to \(last) are"
        }
    }

    /// Problems that are kept at most; `problemCount` goes on.
    public static let problemLimit = 1000

    /// Records that are in order.
    public internal(set) var records: UInt64 = 0
    /// Records before the key's epoch, whose order was checked but not their seals.
    public internal(set) var uncheckedRecords: UInt64 = 0
    /// When the first and the last record in order were written.
    public internal(set) var firstTime: Timestamp?
    public internal(set) var lastTime: Timestamp?
    /// The last record in order.
    public internal(set) var last: Checkpoint?
    /// What is wrong, by line.
    public internal(set) var problems: [Problem] = []
    /// How many problems there are, those beyond `problemLimit` included.
    public internal(set) var problemCount: UInt64 = 0

    /// Whether nothing is wrong.
    public var isIntact: Bool { problemCount == 0 }

    mutating func add(_ kind: Problem.Kind, line: UInt64? = nil, sequence: UInt64? = nil) {
        problemCount += 1
        guard problems.count < Self.problemLimit else { return }
        problems.append(Problem(kind: kind, line: line, sequence: sequence))
    }
}
