import CFuse
import Glibc

/// Point in time as POSIX tells it: seconds since 1970, UTC, and nanoseconds within the second.
public struct Timespec: Hashable, Sendable {
    /// Whole seconds since 1970.
    public var seconds: Int64
    /// Nanoseconds, 0 up to 999 999 999.
    public var nanoseconds: Int64

    /// Puts a point in time together.
    public init(seconds: Int64, nanoseconds: Int64 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    init(_ raw: timespec) {
        self.init(seconds: Int64(raw.tv_sec), nanoseconds: Int64(raw.tv_nsec))
    }

    var raw: timespec {
        timespec(tv_sec: Int(seconds), tv_nsec: Int(nanoseconds))
    }
}
