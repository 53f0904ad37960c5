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
        connection = try Connection(fileSystem: Nobody(), options: options)
        point = try MountPoint(path: path, allowOther: options.allowOther)
        try connection.mount(at: point.path)
        var bytes = [UInt8](repeating: 0, count: options.requestBufferSize)
        let count = unsafe read(connection.device, &bytes, bytes.count)
        guard count > 0 else {
            let code = Errno.current
            MountPoint.detach(point.path)
            throw .systemRefused(code)
        }
        initRequest = Array(bytes[..<count])
        unanswered = Mutex(
            UnansweredNumbers(
                first: unsafe bytes.withUnsafeBytes { unsafe Transport.number(of: $0.baseAddress!) },
                deadlineSeconds: options.deadlineSeconds))
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
    /// - Parameter report: Is told how many there were, unless there were none; twice at most.
    public func failUnanswered(upTo number: UInt64, report: @escaping @Sendable (Int) -> Void) {
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

    private func fail(_ numbers: some Sequence<UInt64>, _ report: (Int) -> Void) {
        let count = numbers.count {
            Transport.send(AnswerHeader(error: -EIO, number: $0), to: connection.device)
        }
        if count > 0 { report(count) }
    }

    /// Takes the file system off its place; what is open stays usable while it is served.
    public func detach() { MountPoint.detach(point.path) }

    /// Takes a mount off its place that this process doesn't hold; false where that is refused.
    public static func detach(at path: String) -> Bool { MountPoint.detach(path) }

    /// Takes one request that waits and answers EIO, since nobody serves. Waits for one for up to a time; false if none came.
    ///
    /// What programs write passes through `buffer`: it is wiped behind each request.
    public func failOne(using buffer: UnsafeMutableRawBufferPointer, milliseconds: Int32) -> Bool {
        var question = pollfd(fd: connection.device, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&question, 1, milliseconds) == 1, question.revents & Int16(POLLIN) != 0 else {
            return false
        }
        let count = unsafe read(connection.device, buffer.baseAddress!, buffer.count)
        guard count > 0 else { return false }
        let request = UnsafeRawPointer(buffer.baseAddress!)
        let (number, isAwaited) = unsafe (Transport.number(of: request), Transport.isAwaited(request))
        if isAwaited { noteRead(upTo: unsafe Transport.firstNumber(of: request)) }
        unsafe explicit_bzero(buffer.baseAddress!, count)
        if isAwaited { Transport.send(AnswerHeader(error: -EIO, number: number), to: connection.device) }
        return true
    }
}
