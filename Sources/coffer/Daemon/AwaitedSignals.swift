internal import Fuse
internal import Glibc

/// SIGTERM, SIGINT, SIGHUP and SIGQUIT as a wish to stop, taken by one thread that waits for nothing else.
struct StopSignals {
    private let set: sigset_t

    /// Blocks the signals in this thread and all that it starts: call it before any other thread runs.
    init() {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for signal in [SIGTERM, SIGINT, SIGHUP, SIGQUIT] { unsafe sigaddset(&set, signal) }
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
        signal(SIGPIPE, SIG_IGN)
        self.set = set
    }

    /// Calls the handler for each signal that comes, with how many came so far. System call: `sigwait`
    func whenReceived(_ handler: @escaping @Sendable (_ count: Int) -> Void) throws(Errno) {
        let set = set
        let thread = try PlainThread.start {
            var set = set
            var count = 0
            while true {
                var number: Int32 = 0
                guard unsafe sigwait(&set, &number) == 0 else { continue }
                count += 1
                handler(count)
            }
        }
        pthread_detach(thread)
    }
}
