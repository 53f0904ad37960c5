import Glibc

/// Signal that ends a thread's wait for a request, and does nothing else.
///
/// A real-time signal that nothing else uses; blocked in every thread but the loops', and sent to those only.
enum WakeSignal {
    static let number: Int32 = __libc_current_sigrtmin() + 5

    private static let installed: Bool = {
        var action = sigaction()
        // Not SA_RESTART: the wait shall end. An ignored signal would not end it.
        unsafe action.__sigaction_handler.sa_handler = { _ in }
        return unsafe sigaction(number, &action, nil) == 0
    }()

    /// Installs the empty handler, once for the process.
    static func install() {
        precondition(installed, "sigaction refused a real-time signal within its range")
    }

    /// Lets the signal reach the calling thread.
    static func unblock() {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        unsafe sigaddset(&set, number)
        unsafe pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }
}
