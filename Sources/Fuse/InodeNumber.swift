/// Number by which the kernel names a node of one file system.
///
/// The file system chooses the numbers; 0 is never one.
public struct InodeNumber: Hashable, Sendable, RawRepresentable {
    /// Number as the kernel carries it.
    public let rawValue: UInt64

    /// Number of the file system's root directory, fixed by the kernel.
    public static let root = InodeNumber(rawValue: 1)

    /// Takes `rawValue` as it is.
    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }
}
