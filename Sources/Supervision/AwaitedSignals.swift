package import Fuse
internal import Glibc

/// Signals that one thread takes which waits for nothing else.
package struct AwaitedSignals {
    /// Those that wish the process to stop.
    package static let stop = [SIGTERM, SIGINT, SIGHUP, SIGQUIT]

    private let set: sigset_t

    /// Blocks the signals in this thread and all that it starts: call it before any other thread runs. SIGPIPE is ignored.
    package init(_ numbers: [Int32]) {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for number in numbers { unsafe sigaddset(&set, number) }
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
        signal(SIGPIPE, SIG_IGN)
        self.set = set
    }

    /// Calls the handler for each signal that comes, with how many came so far. System call: `sigwait`
    package func whenReceived(
        _ handler: @escaping @Sendable (_ signal: Int32, _ count: Int) -> Void
    ) throws(Errno) {
        let set = set
        let thread = try PlainThread.start {
            var set = set
            var count = 0
            while true {
                var number: Int32 = 0
                guard unsafe sigwait(&set, &number) == 0 else { continue }
                count += 1
                handler(number, count)
            }
        }
        pthread_detach(thread)
    }
}
