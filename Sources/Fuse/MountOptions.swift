/// How a file system is mounted and served.
///
/// Safe in spite of the pointers in it: only the session calls the two functions, with sizes that it keeps to.
@safe
public struct MountOptions: Sendable {
    /// What the mount table shows as the source of the mount (`fsname`).
    public var fileSystemName: String
    /// What the mount table shows behind "fuse." as its type (`subtype`).
    public var subtype: String
    /// Whether other users than the one who mounts get in. Who isn't root may ask for it only where
    /// /etc/fuse.conf says `user_allow_other`.
    public var allowOther: Bool
    /// Whether the kernel refuses all changes by itself.
    public var readOnly: Bool
    /// Most bytes that one write carries. At least 4096, at most 1 MiB; rounded up to whole pages.
    ///
    /// A process that takes over a connection must not have a smaller one than the first.
    public var maxWrite: Int
    /// Most bytes that one read asks for; 0: as many as the kernel likes, which is `maxWrite`.
    public var maxRead: Int
    /// Whether files with direct I/O can be mapped shared, read-only (`FUSE_DIRECT_IO_ALLOW_MMAP`, kernel 6.6).
    public var allowsSharedMappingOfDirectIO: Bool
    /// After how many seconds a request whose handler hasn't come back is answered EIO; others don't wait for it.
    public var deadlineSeconds: Int
    /// Is told each time that a deadline has passed, on the thread that watches: it must not wait.
    public var onOverdue: (@Sendable () -> Void)?
    /// Is told each time that a request was answered EIO because processes before this one crashed at it.
    public var onSuspect: (@Sendable () -> Void)?
    /// Whether the bare directory is closed to everybody once the mount hides it, and stays so after it: see `BareMountPoint`.
    public var closesMountPoint: Bool
    /// Is told how far that went.
    public var onMountPointClosed: (@Sendable (BareMountPoint.Closing) -> Void)?
    /// Whether the kernel is asked to send again what a process had read that was killed; not, to act as it does before 6.9.
    public var asksToResend: Bool
    /// Makes the buffer that requests are received in, one for each thread; page-aligned, of the size given in bytes.
    ///
    /// What programs write passes through it; the bytes of each request are wiped after it. Without one it is plain memory.
    public var requestBuffer: (@Sendable (Int) -> UnsafeMutableRawPointer)?
    /// Takes a buffer of `requestBuffer` back, with its size, when its thread ends.
    public var releaseRequestBuffer: (@Sendable (UnsafeMutableRawPointer, Int) -> Void)?

    /// Puts options together.
    public init(
        fileSystemName: String = "coffer",
        subtype: String = "coffer",
        allowOther: Bool = false,
        readOnly: Bool = false,
        maxWrite: Int = 128 << 10,
        maxRead: Int = 0,
        allowsSharedMappingOfDirectIO: Bool = false,
        deadlineSeconds: Int = 10,
        onOverdue: (@Sendable () -> Void)? = nil,
        onSuspect: (@Sendable () -> Void)? = nil,
        closesMountPoint: Bool = false,
        onMountPointClosed: (@Sendable (BareMountPoint.Closing) -> Void)? = nil,
        asksToResend: Bool = true,
        requestBuffer: (@Sendable (Int) -> UnsafeMutableRawPointer)? = nil,
        releaseRequestBuffer: (@Sendable (UnsafeMutableRawPointer, Int) -> Void)? = nil
    ) {
        self.fileSystemName = fileSystemName
        self.subtype = subtype
        self.allowOther = allowOther
        self.readOnly = readOnly
        self.maxWrite = maxWrite
        self.maxRead = maxRead
        self.allowsSharedMappingOfDirectIO = allowsSharedMappingOfDirectIO
        self.deadlineSeconds = deadlineSeconds
        self.onOverdue = onOverdue
        self.onSuspect = onSuspect
        self.closesMountPoint = closesMountPoint
        self.onMountPointClosed = onMountPointClosed
        self.asksToResend = asksToResend
        unsafe self.requestBuffer = requestBuffer
        unsafe self.releaseRequestBuffer = releaseRequestBuffer
    }
}

extension MountOptions {
    /// `maxWrite` in whole pages, within what libfuse and the kernel take.
    var effectiveMaxWrite: Int {
        (min(max(maxWrite, 4096), 1 << 20) + 4095) & ~4095
    }

    /// Room for one request: the most that a write carries, and a page for what stands before it.
    var requestBufferSize: Int { max(effectiveMaxWrite, 8192) + 4096 }

    /// Arguments of `fuse_session_new`, the program's name first.
    var arguments: [String] {
        var list = ["fsname=" + Self.escaped(fileSystemName), "subtype=" + Self.escaped(subtype)]
        if allowOther { list.append("allow_other") }
        if readOnly { list.append("ro") }
        if maxRead > 0 { list.append("max_read=\(maxRead)") }
        return [fileSystemName, "-o", list.joined(separator: ",")]
    }

    /// Keeps a comma or backslash from ending the option.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text.unicodeScalars {
            if character == "," || character == "\\" { result.unicodeScalars.append("\\") }
            result.unicodeScalars.append(character)
        }
        return result
    }
}
