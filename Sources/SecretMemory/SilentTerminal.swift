import Glibc
import Synchronization

/// A terminal without echo, until `end`; a signal that would end the process waits until then.
///
/// The handler of those signals only wakes whoever reads, through a pipe: it may run on any thread, at any moment.
/// So no signal is lost between two reads, and none finds the terminal without echo.
struct SilentTerminal {
    /// Held for as long as there is one: the signal handler knows of a single terminal.
    static let asking = Mutex(())

    /// Signals that end a process by default and that a person at a terminal, or its going away, causes.
    private static let endings = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]

    /// What the signal handler uses.
    private struct Shared {
        /// Both ends of the pipe that tells of a signal; open for good once there was a prompt, since a handler may
        /// still run while the prompt ends.
        var bell: (read: Int32, write: Int32) = (-1, -1)
        var signalSeen: Int32 = 0
    }

    /// `nonisolated(unsafe)`: written by the holder of `asking` while no handler of ours is installed, and by the
    /// handler, which sets `signalSeen` before it rings the bell; it is read after the bell.
    nonisolated(unsafe) private static let shared: UnsafeMutablePointer<Shared> = {
        let shared = UnsafeMutablePointer<Shared>.allocate(capacity: 1)
        unsafe shared.initialize(to: Shared())
        return unsafe shared
    }()

    private let terminal: Int32
    private let settings: termios
    private let previousActions: [sigaction]
    private let previousSuspension: sigaction

    /// Turns the echo of `terminal` off. The caller holds `asking`. Throws `noTerminal`, `readFailed`.
    init(_ terminal: Int32) throws(SecretMemoryError) {
        var settings = termios()
        guard unsafe tcgetattr(terminal, &settings) == 0 else { throw .noTerminal }
        self.terminal = terminal
        self.settings = settings
        try Self.prepareBell()

        // A stopped process would leave the shell without echo: no ^Z while it asks.
        previousSuspension = Self.replace(SIGTSTP) { unsafe $0.__sigaction_handler.sa_handler = SIG_IGN }
        // Handlers before silence, so that no signal falls between the two.
        previousActions = Self.endings.map { signal in
            Self.replace(signal) { unsafe $0.__sigaction_handler.sa_handler = { Self.ring($0) } }
        }
        var silent = settings
        silent.c_lflag &= ~tcflag_t(ECHO)
        silent.c_lflag |= tcflag_t(ECHONL | ICANON | ISIG)
        guard unsafe tcsetattr(terminal, TCSAFLUSH, &silent) == 0 else {
            end()
            throw .noTerminal
        }
    }

    /// Waits for a byte of the terminal. Throws `interrupted` when a signal came, `readFailed`. System call: `poll`
    func wait() throws(SecretMemoryError) {
        var events = unsafe [
            pollfd(fd: terminal, events: Int16(POLLIN), revents: 0),
            pollfd(fd: Self.shared.pointee.bell.read, events: Int16(POLLIN), revents: 0),
        ]
        while unsafe poll(&events, 2, -1) < 0 {
            guard errno == EINTR else { throw .readFailed(errno: errno) }
        }
        if events[1].revents != 0 { throw .interrupted }
    }

    /// Gives the terminal its settings back, the signals theirs, and lets the signal that came do what it does.
    func end() {
        var settings = settings
        unsafe tcsetattr(terminal, TCSANOW, &settings)
        for (signal, action) in zip(Self.endings, previousActions) {
            var action = action
            unsafe sigaction(signal, &action, nil)
        }
        var suspension = previousSuspension
        unsafe sigaction(SIGTSTP, &suspension, nil)
        let signal = unsafe Self.shared.pointee.signalSeen
        if signal != 0 { Self.deliver(signal) }
    }

    /// Sends `signal` to this thread and has it handled here and now: threads of Swift's pool block signals.
    private static func deliver(_ signal: Int32) {
        var unblocked = sigset_t()
        var mask = sigset_t()
        unsafe sigemptyset(&unblocked)
        unsafe sigaddset(&unblocked, signal)
        unsafe pthread_sigmask(SIG_UNBLOCK, &unblocked, &mask)
        raise(signal)
        unsafe pthread_sigmask(SIG_SETMASK, &mask, nil)
    }

    /// The handler. Only async-signal-safe calls: `write`.
    private static func ring(_ signal: Int32) {
        let savedErrno = errno
        unsafe shared.pointee.signalSeen = signal
        _ = unsafe Glibc.write(shared.pointee.bell.write, "!", 1)
        errno = savedErrno
    }

    /// Makes the pipe at the first prompt, and empties it of what an earlier prompt left.
    private static func prepareBell() throws(SecretMemoryError) {
        unsafe shared.pointee.signalSeen = 0
        if unsafe shared.pointee.bell.read < 0 {
            var ends: [Int32] = [0, 0]
            guard unsafe pipe(&ends) == 0 else { throw .readFailed(errno: errno) }
            for end in ends {
                _ = fcntl(end, F_SETFD, FD_CLOEXEC)
                _ = fcntl(end, F_SETFL, O_NONBLOCK)
            }
            unsafe shared.pointee.bell = (ends[0], ends[1])
        }
        var byte: UInt8 = 0
        while unsafe Glibc.read(shared.pointee.bell.read, &byte, 1) > 0 {}
    }

    /// Sets another action for `signal`, unless it is ignored (nohup), and returns the one before.
    private static func replace(_ signal: Int32, _ change: (inout sigaction) -> Void) -> sigaction {
        var previous = sigaction()
        unsafe sigaction(signal, nil, &previous)
        let handler = unsafe unsafeBitCast(previous.__sigaction_handler.sa_handler, to: UInt.self)
        let ignored = unsafe unsafeBitCast(SIG_IGN, to: UInt.self)
        if handler != ignored {
            var action = sigaction()
            change(&action)
            unsafe sigaction(signal, &action, nil)
        }
        return previous
    }
}
