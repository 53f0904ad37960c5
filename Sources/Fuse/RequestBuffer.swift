import Glibc

/// Memory that one thread receives requests in; the thread wipes each request right after it.
@safe
struct RequestBuffer: ~Copyable {
    let base: UnsafeMutableRawPointer
    private let size: Int
    private let release: (@Sendable (UnsafeMutableRawPointer, Int) -> Void)?

    /// Asks the caller's allocator, or else the system, for `size` bytes and touches each page.
    ///
    /// Touched, because a process that is killed while the kernel copies into a page that isn't there yet ends that
    /// request with EIO, where another process could have taken it over.
    init(size: Int, options: MountOptions) {
        self.size = size
        if let allocate = unsafe options.requestBuffer {
            unsafe base = unsafe allocate(size)
            unsafe release = unsafe options.releaseRequestBuffer ?? { _, _ in }
        } else {
            var memory: UnsafeMutableRawPointer?
            guard unsafe posix_memalign(&memory, 4096, size) == 0, let memory = unsafe memory else {
                fatalError(
                    "No memory for a request buffer of \(size) bytes: nothing can be served without it")
            }
            unsafe base = memory
            unsafe release = nil
        }
        unsafe explicit_bzero(base, size)
    }

    deinit {
        if let release = unsafe release {
            unsafe release(base, size)
        } else {
            unsafe free(base)
        }
    }
}
