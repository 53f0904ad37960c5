public import CofferCore
internal import Glibc

extension Configuration {
    /// The time of day. Source: `clock_gettime(CLOCK_REALTIME)`.
    public static let systemClock: @Sendable () -> Timestamp = {
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        return Timestamp(milliseconds: Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000)
    }
}
