internal import SecretMemory

/// A folder's number, computed from its path: 61 bits of BLAKE2b, so that the number says which folder it is
/// without a table that could be lost. The root is 0.
public struct FolderID: Hashable, Sendable, RawRepresentable {
    /// The bits that are used.
    public static let bitCount: UInt64 = 61
    /// The folder that the mount point shows.
    public static let root = FolderID(rawValue: 0)

    public let rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The number of the folder at a path such as `prod/db`.
    public init(path: String) {
        guard !path.isEmpty else {
            self = .root
            return
        }
        let digest = Hash.hash(Array(path.utf8), byteCount: 16)
        let bits = digest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        // 0 is the root's: no other folder may have it.
        rawValue = max(1, bits & (1 << Self.bitCount - 1))
    }
}
