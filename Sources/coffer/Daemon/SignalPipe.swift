internal import Fuse
internal import Glibc

/// Signals as bytes that `poll` tells of.
struct SignalPipe {
    let descriptor: Int32

    /// Takes the signals from now on; before any other thread is started.
    init(_ numbers: [Int32]) throws(DaemonError) {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for number in numbers { unsafe sigaddset(&set, number) }
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [0, 0]
        guard unsafe pipe(&ends) == 0 else { throw .system("no pipe is left: \(SystemError.words(errno))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        descriptor = ends[0]
        let (target, awaited) = (ends[1], set)
        do throws(Errno) {
            let thread = try PlainThread.start {
                var set = awaited
                while true {
                    var number: Int32 = 0
                    guard unsafe sigwait(&set, &number) == 0 else { continue }
                    var byte = UInt8(truncatingIfNeeded: number)
                    _ = unsafe write(target, &byte, 1)
                }
            }
            pthread_detach(thread)
        } catch {
            throw .system("no thread is left: \(error)")
        }
    }

    /// The signals that have come.
    func take() -> [Int32] {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = unsafe read(descriptor, &bytes, bytes.count)
        return bytes.prefix(max(0, count)).map(Int32.init)
    }
}
