import Glibc

/// The request that this thread works on, as the kernel sent it: what libfuse doesn't tell of it. Source: pthread_getspecific(3)
@safe
struct CurrentRequest: ~Copyable {
    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        guard unsafe pthread_key_create(&key, nil) == 0 else {
            fatalError("no thread-specific key is left, of which this process uses one")
        }
        return key
    }()

    /// Keeps the buffer that this thread receives its requests in.
    init(in buffer: UnsafeMutableRawPointer) { unsafe pthread_setspecific(Self.key, buffer) }

    deinit { pthread_setspecific(Self.key, nil) }

    /// The number of this thread's; 0 on a thread that reads no requests.
    @inline(__always)
    static var number: UInt64 {
        guard let bytes = unsafe pthread_getspecific(key) else { return 0 }
        return unsafe Transport.number(of: bytes)
    }

    /// The kernel's number for who waits, where this thread's request is POLL.
    static var waiter: UInt64 {
        guard let bytes = unsafe pthread_getspecific(key) else { return 0 }
        return unsafe Transport.waiter(of: bytes)
    }
}
