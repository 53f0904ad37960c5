import CSodium
import Glibc
import Synchronization

/// Where a process crashed: the functions on the stack of the thread, each as a library and an offset in it, written to memory
/// that outlives the process. No contents of the stack or of registers: they may be a secret's.
public enum CrashTrace {
    /// Signals of a program that has failed by itself.
    private static let signals = [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS]
    private static let target = Atomic<Int32>(-1)

    /// Writes the trace of the first crash to a descriptor. Source: backtrace(3), signal-safety(7)
    public static func install(writingTo descriptor: Int32) {
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        target.store(descriptor, ordering: .releasing)
        // The first call loads a library, which a handler must not.
        var place: UnsafeMutableRawPointer?
        _ = unsafe backtrace(&place, 1)
        var action = sigaction()
        unsafe sigemptyset(&action.sa_mask)
        action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND)) | Int32(SA_NODEFER)
        unsafe action.__sigaction_handler.sa_handler = { signal in
            CrashTrace.write()
            raise(signal)
        }
        for signal in signals { unsafe sigaction(signal, &action, nil) }
    }

    /// The handler is gone when it runs: the same signal again ends the process.
    private static func write() {
        let descriptor = target.exchange(-1, ordering: .acquiringAndReleasing)
        guard descriptor >= 0 else { return }
        unsafe withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer?.self, capacity: 64) { places in
            let count = unsafe backtrace(places.baseAddress!, 64)
            unsafe backtrace_symbols_fd(places.baseAddress!, count, descriptor)
        }
    }
}
