import CFuse
import Glibc

/// A counter in the kernel that one thread waits on and others raise. System call: `eventfd`
public final class EventCounter: Sendable {
    private let descriptor: Int32

    /// Makes one that stands at zero; throws where the process has no descriptor left.
    public init() throws(Errno) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC))
        guard descriptor >= 0 else { throw .current }
    }

    deinit { _ = close(descriptor) }

    /// Raises it; never waits.
    public func signal() {
        var one: UInt64 = 1
        _ = unsafe write(descriptor, &one, 8)
    }

    /// Waits until it was raised since the last wait, and sets it to zero.
    public func wait() {
        var count: UInt64 = 0
        while unsafe read(descriptor, &count, 8) < 0 && errno == EINTR {}
    }

    /// Waits as `wait` does, but not for longer than a time. False if it was not raised within that.
    public func wait(milliseconds: Int32) -> Bool {
        var question = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&question, 1, milliseconds) > 0 else { return false }
        wait()
        return true
    }
}
