internal import CofferCore
internal import Fuse
internal import SecretsManager

/// What a node of the tree stands for. Its inode number is computed from that, and gives it back.
///
/// ```
/// bit 63 62 | 61 …… 40 | 39 …… 16 | 15 …… 0
///  0  1     | folder: 61 bits of its path's hash (bits 60…0)
///  1  0     | serial    | position  | member
///  1  1     | a file that is being made: the number of its draft
/// ```
/// Position: 0 the secret's directory, 1…255 a stage, 256… a version (256 + sequence).
/// Member: in a stage or version 0 the directory, 1 `value`, 2… a member (1 + number); at position 0: 0 the directory,
/// 1 `metadata.json`, 2 `versions`. The root is 1, as FUSE has it.
enum Node: Hashable, Sendable {
    case folder(FolderID)
    case secret(UInt32)
    case metadata(UInt32)
    case versions(UInt32)
    /// A directory of a version, reached by stage or by id.
    case place(UInt32, Place)
    /// `value` (member nil) or a member in such a directory.
    case file(UInt32, Place, member: UInt16?)
    /// A file that is being made and is not in the tree yet.
    case scratch(UInt64)

    /// Where a version is seen: behind a stage, which may come to mean another, or under `versions/`.
    enum Place: Hashable, Sendable {
        /// A stage by its number in the secret.
        case stage(UInt8)
        case version(UInt32)

        fileprivate var position: UInt64 {
            switch self {
            case .stage(let number): UInt64(number)
            case .version(let sequence): UInt64(sequence) + 256
            }
        }
    }

    /// The inode number.
    var inode: InodeNumber {
        switch self {
        case .folder(.root): .root
        case .folder(let id): InodeNumber(rawValue: 1 << 62 | id.rawValue)
        case .secret(let serial): Self.number(serial, 0, 0)
        case .metadata(let serial): Self.number(serial, 0, 1)
        case .versions(let serial): Self.number(serial, 0, 2)
        case .place(let serial, let place): Self.number(serial, place.position, 0)
        case .file(let serial, let place, let member):
            Self.number(serial, place.position, UInt64(member ?? 0) + 1)
        case .scratch(let number): InodeNumber(rawValue: 3 << 62 | number)
        }
    }

    /// The node of an inode number; nil for a number that stands for nothing.
    init?(_ inode: InodeNumber) {
        let bits = inode.rawValue
        switch bits >> 62 {
        case 0 where inode == .root:
            self = .folder(.root)
        case 1:
            self = .folder(FolderID(rawValue: bits & (1 << FolderID.bitCount - 1)))
        case 2:
            let serial = UInt32(bits >> 40 & (1 << 22 - 1))
            let position = bits >> 16 & (1 << 24 - 1)
            let member = UInt16(bits & 0xffff)
            guard position > 0 else {
                switch member {
                case 0: self = .secret(serial)
                case 1: self = .metadata(serial)
                case 2: self = .versions(serial)
                default: return nil
                }
                return
            }
            let place: Place = position < 256 ? .stage(UInt8(position)) : .version(UInt32(position - 256))
            self =
                switch member {
                case 0: .place(serial, place)
                case 1: .file(serial, place, member: nil)
                default: .file(serial, place, member: member - 1)
                }
        case 3:
            self = .scratch(bits & (1 << 62 - 1))
        default:
            return nil
        }
    }

    private static func number(_ serial: UInt32, _ position: UInt64, _ member: UInt64) -> InodeNumber {
        InodeNumber(rawValue: 1 << 63 | UInt64(serial) << 40 | position << 16 | member)
    }
}

extension SecretRecord {
    /// A label's number in this secret: 1, 2, 3 for AWS's, from 16 on for the user's own.
    func stageNumber(_ label: StagingLabel) -> UInt8? {
        switch label {
        case .current: 1
        case .previous: 2
        case .pending: 3
        default: labelNames.firstIndex(of: label).map { UInt8($0 + 16) }
        }
    }

    /// The label with a number.
    func label(_ number: UInt8) -> StagingLabel? {
        switch number {
        case 1: .current
        case 2: .previous
        case 3: .pending
        case 16...: Int(number) - 16 < labelNames.count ? labelNames[Int(number) - 16] : nil
        default: nil
        }
    }

    /// The version that is seen at a place now.
    func version(at place: Node.Place) -> VersionRecord? {
        switch place {
        case .stage(let number): label(number).flatMap { version(labelled: $0) }
        case .version(let sequence): version(sequence: sequence)
        }
    }
}
