import Glibc
import Synchronization

/// A terminal without echo, until `end`, or until a signal that ends the process.
struct SilentTerminal {
    /// Held for as long as there is one: the signal handler knows of a single terminal.
    static let asking = Mutex(())

    /// Signals that end a process by default and that a person at a terminal, or its going away, causes.
    private static let endings = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]

    /// What the signal handler reads. It runs on whichever thread the kernel picks, and may take no lock.
    private struct Shared {
        var descriptor: Int32 = -1
        var settings = termios()
        var signalSeen = false
        /// The thread that reads the answer.
        var thread = pthread_self()
    }

    /// `nonisolated(unsafe)`: written only by the holder of `asking` while no handler of ours is installed, and by
    /// the handler, which only sets `signalSeen`. Behind a pointer, so that the handler needs no exclusivity check.
    nonisolated(unsafe) private static let shared: UnsafeMutablePointer<Shared> = {
        let shared = UnsafeMutablePointer<Shared>.allocate(capacity: 1)
        unsafe shared.initialize(to: Shared())
        return unsafe shared
    }()

    /// What each signal did before, by its number. `nonisolated(unsafe)`: as `shared`.
    nonisolated(unsafe) private static let previous: UnsafeMutablePointer<sigaction> = {
        let previous = UnsafeMutablePointer<sigaction>.allocate(capacity: 65)
        unsafe previous.initialize(repeating: sigaction(), count: 65)
        return unsafe previous
    }()

    private let previousSuspension: sigaction
    private let previousMask: sigset_t

    /// Whether a signal arrived that the process survived; the echo is then on again already.
    static var signalSeen: Bool { unsafe shared.pointee.signalSeen }

    /// Turns the echo of `terminal` off. The caller holds `asking`. Throws `noTerminal`.
    init(_ terminal: Int32) throws(SecretMemoryError) {
        unsafe Self.shared.pointee = Shared()
        guard unsafe tcgetattr(terminal, &Self.shared.pointee.settings) == 0 else { throw .noTerminal }
        unsafe Self.shared.pointee.descriptor = terminal

        // A stopped process would leave the shell without echo: no ^Z while it asks.
        var ignore = sigaction()
        unsafe ignore.__sigaction_handler.sa_handler = SIG_IGN
        var suspension = sigaction()
        unsafe sigaction(SIGTSTP, &ignore, &suspension)
        previousSuspension = suspension

        // Handlers before silence, so that no signal falls between the two.
        for signal in Self.endings { Self.install(signal) }
        // Threads of Swift's pool block these signals; the one that reads has to be woken by them.
        var unblocked = sigset_t()
        var mask = sigset_t()
        unsafe sigemptyset(&unblocked)
        for signal in Self.endings { unsafe sigaddset(&unblocked, signal) }
        unsafe pthread_sigmask(SIG_UNBLOCK, &unblocked, &mask)
        previousMask = mask

        var silent = unsafe Self.shared.pointee.settings
        silent.c_lflag &= ~tcflag_t(ECHO)
        silent.c_lflag |= tcflag_t(ECHONL | ICANON | ISIG)
        guard unsafe tcsetattr(terminal, TCSAFLUSH, &silent) == 0 else {
            end()
            throw .noTerminal
        }
    }

    /// Gives the terminal its settings back, and the signals theirs.
    func end() {
        unsafe tcsetattr(Self.shared.pointee.descriptor, TCSANOW, &Self.shared.pointee.settings)
        var mask = previousMask
        unsafe pthread_sigmask(SIG_SETMASK, &mask, nil)
        for signal in Self.endings { unsafe sigaction(signal, Self.previous + Int(signal), nil) }
        var suspension = previousSuspension
        unsafe sigaction(SIGTSTP, &suspension, nil)
    }

    private static func install(_ signal: Int32) {
        let before = unsafe previous + Int(signal)
        unsafe sigaction(signal, nil, before)
        // What was ignored (nohup) stays ignored.
        let handler = unsafe unsafeBitCast(before.pointee.__sigaction_handler.sa_handler, to: UInt.self)
        let ignored = unsafe unsafeBitCast(SIG_IGN, to: UInt.self)
        guard handler != ignored else { return }
        var action = sigaction()
        unsafe action.__sigaction_handler.sa_handler = { SilentTerminal.restoreAndPass($0) }
        unsafe sigaction(signal, &action, nil)
    }

    /// The handler: restores the terminal, then lets the signal do what it would have done without us.
    /// Only async-signal-safe calls: `pthread_self`, `pthread_kill`, `tcsetattr`, `sigaction`, `raise`.
    private static func restoreAndPass(_ signal: Int32) {
        // The kernel prefers the main thread; only the reading one can be woken from its `read`.
        guard unsafe pthread_equal(pthread_self(), shared.pointee.thread) != 0 else {
            unsafe pthread_kill(shared.pointee.thread, signal)
            return
        }
        unsafe tcsetattr(shared.pointee.descriptor, TCSANOW, &shared.pointee.settings)
        unsafe shared.pointee.signalSeen = true
        unsafe sigaction(signal, previous + Int(signal), nil)
        raise(signal)
    }
}
