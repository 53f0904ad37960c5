internal import Fuse
internal import Glibc

/// Signals as bytes that `poll` tells of.
struct SignalPipe {
    let descriptor: Int32

    /// Takes the signals from now on; before any other thread is started.
    init(_ numbers: [Int32]) throws(SupervisorError) {
        let signals = AwaitedSignals(numbers)
        var ends: [Int32] = [0, 0]
        guard unsafe pipe(&ends) == 0 else { throw .system("no pipe is left: \(SystemError.words(errno))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        descriptor = ends[0]
        let target = ends[1]
        do throws(Errno) {
            try signals.whenReceived { signal, _ in
                var byte = UInt8(truncatingIfNeeded: signal)
                _ = unsafe write(target, &byte, 1)
            }
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
