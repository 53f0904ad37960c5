import Glibc

/// Flags that a file is opened with, as `open(2)` takes them.
public struct OpenFlags: OptionSet, Hashable, Sendable {
    /// Bits of `open(2)`.
    public let rawValue: Int32

    /// Takes `rawValue` as it is.
    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// `O_WRONLY`.
    public static let writeOnly = OpenFlags(rawValue: O_WRONLY)
    /// `O_RDWR`.
    public static let readWrite = OpenFlags(rawValue: O_RDWR)
    /// `O_APPEND`.
    public static let append = OpenFlags(rawValue: O_APPEND)
    /// `O_TRUNC`; it arrives with `open` and `create`, never as a `setattr` before them.
    public static let truncate = OpenFlags(rawValue: O_TRUNC)
    /// `O_EXCL`.
    public static let exclusive = OpenFlags(rawValue: O_EXCL)
    /// `O_CREAT`; the kernel takes it out of what `open` sees.
    public static let create = OpenFlags(rawValue: O_CREAT)

    /// The two bits that say `O_RDONLY`, `O_WRONLY` or `O_RDWR`.
    public var accessMode: Int32 { rawValue & O_ACCMODE }
    /// Whether the file is opened for reading.
    public var isReadable: Bool { accessMode != O_WRONLY }
    /// Whether the file is opened for writing.
    public var isWritable: Bool { accessMode == O_WRONLY || accessMode == O_RDWR }
    /// Whether each write goes to the end.
    public var isAppend: Bool { contains(.append) }
    /// Whether the content is cut off at the opening.
    public var isTruncate: Bool { contains(.truncate) }
    /// Whether the file must not have existed.
    public var isExclusive: Bool { contains(.exclusive) }
}
