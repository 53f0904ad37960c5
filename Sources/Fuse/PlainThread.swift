public import Glibc

/// Starts threads of the system's own, outside Swift's cooperative pool.
///
/// The pool has as many threads as processors: a task that waited for the own mount there would wait for ever.
public enum PlainThread {
    private final class Body: Sendable {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) {
            self.run = run
        }
    }

    /// Runs `body` on a new thread with every signal blocked, to be joined.
    public static func start(_ body: @escaping @Sendable () -> Void) throws(Errno) -> pthread_t {
        var everything = sigset_t()
        var before = sigset_t()
        unsafe sigfillset(&everything)
        unsafe pthread_sigmask(SIG_SETMASK, &everything, &before)
        defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }

        let box = unsafe Unmanaged.passRetained(Body(body))
        var thread = pthread_t()
        let code = unsafe pthread_create(
            &thread, nil,
            { argument in
                let body = unsafe Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue()
                body.run()
                return nil
            }, box.toOpaque())
        guard code == 0 else {
            unsafe box.release()
            throw Errno(rawValue: code)
        }
        return thread
    }
}
