import Fuse
import Glibc
import Testing

@Suite("Errno")
struct ErrnoTests {
    @Test(
        "Each name stands for the number of the C library",
        arguments: [
            (Errno.notPermitted, EPERM), (.noSuchFileOrDirectory, ENOENT), (.interrupted, EINTR),
            (.ioError, EIO),
            (.noSuchAddressOrDevice, ENXIO), (.argListTooLong, E2BIG), (.badFileDescriptor, EBADF),
            (.resourceTemporarilyUnavailable, EAGAIN), (.outOfMemory, ENOMEM), (.permissionDenied, EACCES),
            (.busy, EBUSY), (.fileExists, EEXIST), (.crossDeviceLink, EXDEV),
            (.operationNotSupportedByDevice, ENODEV), (.notDirectory, ENOTDIR), (.isDirectory, EISDIR),
            (.invalidArgument, EINVAL), (.tooManyOpenFilesInSystem, ENFILE), (.tooManyOpenFiles, EMFILE),
            (.inappropriateIOCTLForDevice, ENOTTY), (.textFileBusy, ETXTBSY), (.fileTooLarge, EFBIG),
            (.noSpace, ENOSPC), (.illegalSeek, ESPIPE), (.readOnlyFileSystem, EROFS), (.tooManyLinks, EMLINK),
            (.resultTooLarge, ERANGE), (.fileNameTooLong, ENAMETOOLONG), (.noSystemCall, ENOSYS),
            (.directoryNotEmpty, ENOTEMPTY), (.tooManySymbolicLinkLevels, ELOOP), (.noData, ENODATA),
            (.overflow, EOVERFLOW), (.illegalByteSequence, EILSEQ), (.notSupported, EOPNOTSUPP),
            (.socketNotConnected, ENOTCONN), (.timedOut, ETIMEDOUT), (.diskQuotaExceeded, EDQUOT),
            (.stale, ESTALE), (.canceled, ECANCELED),
        ])
    func number(errno: Errno, number: Int32) {
        #expect(errno.rawValue == number)
    }

    @Test("The text is the C library's, and the number where it has none")
    func text() {
        #expect("\(Errno.permissionDenied)" == "Permission denied")
        #expect("\(Errno(rawValue: 9_999))" == "error 9999")
    }
}
