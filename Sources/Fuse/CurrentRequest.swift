import Glibc

/// The number of the request that this thread works on, which libfuse doesn't tell. Source: pthread_getspecific(3)
@safe
struct CurrentRequest: ~Copyable {
    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        guard unsafe pthread_key_create(&key, nil) == 0 else {
            fatalError("no thread-specific key is left, of which this process uses one")
        }
        return key
    }()

    private let cell: UnsafeMutablePointer<UInt64>

    /// Makes room for this thread's.
    init() {
        unsafe cell = .allocate(capacity: 1)
        unsafe cell.initialize(to: 0)
        unsafe pthread_setspecific(Self.key, cell)
    }

    deinit {
        pthread_setspecific(Self.key, nil)
        unsafe cell.deallocate()
    }

    @inline(__always)
    func set(_ number: UInt64) { unsafe cell.pointee = number }

    /// This thread's; 0 on a thread that reads no requests.
    @inline(__always)
    static var number: UInt64 {
        guard let cell = unsafe pthread_getspecific(key) else { return 0 }
        return unsafe cell.assumingMemoryBound(to: UInt64.self).pointee
    }
}
