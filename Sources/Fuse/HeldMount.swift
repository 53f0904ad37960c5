import CFuse
import Glibc
import Synchronization

/// A mount that is held but not served here: its descriptor goes to processes that serve it, one after another.
///
/// The connection lives as long as somebody has the descriptor. Source: Linux, `fs/fuse/dev.c`.
public final class HeldMount: Sendable {
    /// Nobody asks it: a held mount reads no request but the first.
    private struct Nobody: FileSystem {}

    /// FUSE: `FUSE_NOTIFY_RESEND`, kernel 6.9.
    private static let resendCode: Int32 = 7

    /// Room for any request, in bytes.
    public static let requestLimit = (1 << 20) + 8192

    private let connection: Connection
    private let point: MountPoint
    private let unanswered: Mutex<UnansweredNumbers>
    /// The kernel's first request, INIT, which each process that serves is told of anew.
    public let initRequest: [UInt8]

    /// Mounts at `path`, and takes the kernel's INIT. It is answered by the first process that serves.
    public init(at path: String, options: MountOptions) throws(SessionError) {
        let connection = try Connection(fileSystem: Nobody(), options: options)
        var point = try MountPoint(path: path, allowOther: options.allowOther)
        var bytes = [UInt8](repeating: 0, count: options.requestBufferSize)
        var count = 0
        try point.mount(options) { path throws(SessionError) in
            try connection.mount(at: path)
            count = unsafe read(connection.device, &bytes, bytes.count)
            guard count > 0 else {
                let code = Errno.current
                MountPoint.detach(path)
                throw .systemRefused(code)
            }
        }
        initRequest = Array(bytes[..<count])
        self.connection = connection
        self.point = point
        unanswered = Mutex(
            UnansweredNumbers(
                first: unsafe bytes.withUnsafeBytes { unsafe Transport.number(of: $0.baseAddress!) },
                deadlineSeconds: options.deadlineSeconds))
    }

    /// Takes a mount over that somebody else has mounted and kept, by its device and the INIT that was recorded.
    public init(
        adopting descriptor: Int32, initRequest: [UInt8], at path: String, options: MountOptions
    ) throws(SessionError) {
        connection = try Connection(fileSystem: Nobody(), options: options)
        point = MountPoint(mountedAt: path)
        try connection.mount(at: "/dev/fd/\(descriptor)")
        self.initRequest = initRequest
        unanswered = Mutex(
            UnansweredNumbers(first: UnansweredNumbers.step, deadlineSeconds: options.deadlineSeconds))
    }

    /// The device, to be sent to a process that serves.
    public var descriptor: Int32 { connection.device }

    /// Whether the file system has been unmounted, or the connection ended.
    public var isDisconnected: Bool { connection.isDisconnected }

    /// Makes the kernel send again what a process that has ended had read and not answered; false where it can't (before 6.9).
    ///
    /// The process must have been waited for: what it still wrote counts.
    @discardableResult
    public func resend() -> Bool {
        connection.options.asksToResend
            && Transport.send(AnswerHeader(error: Self.resendCode, number: 0), to: connection.device)
    }

    /// Takes note of the highest number of the requests that were read; to be called twice a second, at least.
    public func noteRead(upTo number: UInt64) { unanswered.withLock { $0.note(number) } }

    /// Answers EIO to whoever waits for a process that has ended, where `resend` can't.
    ///
    /// The process must have been waited for, and no other may read before this comes back. An answer is taken only for what
    /// was read and not answered: for any other number, those of requests that wait to be read included, the kernel says
    /// ENOENT. What the process was at for longer than a second is answered by another thread, since there are many numbers
    /// to be tried, half a microsecond each.
    ///
    /// - Parameter number: The highest that the process is known to have read.
    /// - Parameter report: Is told the numbers of those requests, unless there were none; twice at most.
    public func failUnanswered(upTo number: UInt64, report: @escaping @Sendable ([UInt64]) -> Void) {
        let (recent, older) = unanswered.withLock { numbers in
            numbers.note(number)
            defer { numbers.settle() }
            return (numbers.recent, numbers.older)
        }
        fail(recent, report)
        do throws(Errno) {
            pthread_detach(try PlainThread.start { self.fail(older, report) })
        } catch {
            fail(older, report)
        }
    }

    private func fail(_ numbers: some Sequence<UInt64>, _ report: ([UInt64]) -> Void) {
        let failed = numbers.filter {
            Transport.send(AnswerHeader(error: -EIO, number: $0), to: connection.device)
        }
        if !failed.isEmpty { report(failed) }
    }

    /// Takes the file system off its place; what is open stays usable while it is served.
    ///
    /// Before anybody served, it leaves the bare directory as it was before the mount.
    public func detach() { point.detach(wasServed: !refuseInit()) }

    /// Answers INIT with an error; false where it has been answered.
    private func refuseInit() -> Bool {
        let number = unsafe initRequest.withUnsafeBytes { unsafe Transport.number(of: $0.baseAddress!) }
        return Transport.send(AnswerHeader(error: -EIO, number: number), to: connection.device)
    }

    /// Takes a mount off its place that this process doesn't hold; false where that is refused.
    public static func detach(at path: String) -> Bool { MountPoint.detach(path) }

    /// Takes one request that waits and answers EIO, since nobody serves; false if none waits. Nobody else may read meanwhile.
    ///
    /// A file that is closed is closed in the journal too. What programs write passes through `buffer`: it is wiped behind each
    /// request.
    public func failOne(using buffer: UnsafeMutableRawBufferPointer, journal: TakeoverJournal) -> Bool {
        var question = pollfd(fd: connection.device, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&question, 1, 0) == 1, question.revents & Int16(POLLIN) != 0 else { return false }
        let count = unsafe read(connection.device, buffer.baseAddress!, buffer.count)
        guard count > 0 else { return false }
        let request = UnsafeRawPointer(buffer.baseAddress!)
        let (number, isAwaited) = unsafe (Transport.number(of: request), Transport.isAwaited(request))
        if isAwaited { noteRead(upTo: unsafe Transport.firstNumber(of: request)) }
        let released = unsafe Transport.handle(ofRelease: request)
        if let released { journal.forgetFile(released) }
        unsafe explicit_bzero(buffer.baseAddress!, count)
        if isAwaited {
            Transport.send(
                AnswerHeader(error: released == nil ? -EIO : 0, number: number), to: connection.device)
        }
        return true
    }
}
