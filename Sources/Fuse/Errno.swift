import Glibc

/// Error number that a system call answers with.
public struct Errno: Error, Hashable, Sendable, RawRepresentable {
    /// Positive number, as `errno` holds it.
    public let rawValue: Int32

    /// Takes `rawValue` as it is.
    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }
}

extension Errno {
    /// `EPERM`: operation not permitted.
    public static let notPermitted = Errno(rawValue: EPERM)
    /// `ENOENT`: no such file or directory.
    public static let noSuchFileOrDirectory = Errno(rawValue: ENOENT)
    /// `EINTR`: interrupted function call.
    public static let interrupted = Errno(rawValue: EINTR)
    /// `EIO`: input or output error.
    public static let ioError = Errno(rawValue: EIO)
    /// `ENXIO`: no such device or address.
    public static let noSuchAddressOrDevice = Errno(rawValue: ENXIO)
    /// `E2BIG`: argument list, or extended attribute, too long.
    public static let argListTooLong = Errno(rawValue: E2BIG)
    /// `EBADF`: bad file descriptor.
    public static let badFileDescriptor = Errno(rawValue: EBADF)
    /// `EAGAIN`: resource temporarily unavailable.
    public static let resourceTemporarilyUnavailable = Errno(rawValue: EAGAIN)
    /// `ENOMEM`: cannot allocate memory.
    public static let outOfMemory = Errno(rawValue: ENOMEM)
    /// `EACCES`: permission denied.
    public static let permissionDenied = Errno(rawValue: EACCES)
    /// `EBUSY`: resource busy.
    public static let busy = Errno(rawValue: EBUSY)
    /// `EEXIST`: file exists.
    public static let fileExists = Errno(rawValue: EEXIST)
    /// `EXDEV`: improper link across file systems.
    public static let crossDeviceLink = Errno(rawValue: EXDEV)
    /// `ENODEV`: operation not supported by device.
    public static let operationNotSupportedByDevice = Errno(rawValue: ENODEV)
    /// `ENOTDIR`: not a directory.
    public static let notDirectory = Errno(rawValue: ENOTDIR)
    /// `EISDIR`: is a directory.
    public static let isDirectory = Errno(rawValue: EISDIR)
    /// `EINVAL`: invalid argument.
    public static let invalidArgument = Errno(rawValue: EINVAL)
    /// `ENFILE`: too many open files in the system.
    public static let tooManyOpenFilesInSystem = Errno(rawValue: ENFILE)
    /// `EMFILE`: too many open files.
    public static let tooManyOpenFiles = Errno(rawValue: EMFILE)
    /// `ENOTTY`: inappropriate control function.
    public static let inappropriateIOCTLForDevice = Errno(rawValue: ENOTTY)
    /// `ETXTBSY`: text file busy.
    public static let textFileBusy = Errno(rawValue: ETXTBSY)
    /// `EFBIG`: file too large.
    public static let fileTooLarge = Errno(rawValue: EFBIG)
    /// `ENOSPC`: no space left.
    public static let noSpace = Errno(rawValue: ENOSPC)
    /// `ESPIPE`: illegal seek.
    public static let illegalSeek = Errno(rawValue: ESPIPE)
    /// `EROFS`: read-only file system.
    public static let readOnlyFileSystem = Errno(rawValue: EROFS)
    /// `EMLINK`: too many links.
    public static let tooManyLinks = Errno(rawValue: EMLINK)
    /// `ERANGE`: result too large.
    public static let resultTooLarge = Errno(rawValue: ERANGE)
    /// `ENAMETOOLONG`: file name too long.
    public static let fileNameTooLong = Errno(rawValue: ENAMETOOLONG)
    /// `ENOSYS`: function not implemented.
    ///
    /// The kernel remembers this answer for many operations and never asks again while the mount lives:
    /// answer it only where no later version of the file system will ever implement the operation.
    public static let noSystemCall = Errno(rawValue: ENOSYS)
    /// `ENOTEMPTY`: directory not empty.
    public static let directoryNotEmpty = Errno(rawValue: ENOTEMPTY)
    /// `ELOOP`: too many levels of symbolic links.
    public static let tooManySymbolicLinkLevels = Errno(rawValue: ELOOP)
    /// `ENODATA`: no such extended attribute.
    public static let noData = Errno(rawValue: ENODATA)
    /// `EOVERFLOW`: value too large.
    public static let overflow = Errno(rawValue: EOVERFLOW)
    /// `EILSEQ`: illegal byte sequence.
    public static let illegalByteSequence = Errno(rawValue: EILSEQ)
    /// `EOPNOTSUPP`: not supported.
    public static let notSupported = Errno(rawValue: EOPNOTSUPP)
    /// `ENOTCONN`: the file system's server has gone.
    public static let socketNotConnected = Errno(rawValue: ENOTCONN)
    /// `ETIMEDOUT`: timed out.
    public static let timedOut = Errno(rawValue: ETIMEDOUT)
    /// `EDQUOT`: quota exceeded.
    public static let diskQuotaExceeded = Errno(rawValue: EDQUOT)
    /// `ESTALE`: stale file handle.
    public static let stale = Errno(rawValue: ESTALE)
    /// `ECANCELED`: cancelled.
    public static let canceled = Errno(rawValue: ECANCELED)

    /// Error of the system call that failed last on this thread.
    static var current: Errno { Errno(rawValue: errno) }
}

extension Errno: CustomStringConvertible {
    /// Text of the C library, such as "Permission denied".
    public var description: String {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
            guard let base = buffer.baseAddress else { return "error \(rawValue)" }
            guard unsafe strerror_r(rawValue, base, buffer.count) == 0 else { return "error \(rawValue)" }
            return unsafe String(cString: base)
        }
    }
}
