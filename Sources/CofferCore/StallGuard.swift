internal import Glibc
internal import Synchronization

/// Turns away who would only wait behind others, once nothing has moved for a while: the disk behind it stands still.
///
/// The first few may wait, since a disk that hesitates isn't one that has stopped. It costs two readings of a coarse clock.
public final class StallGuard: Sendable {
    private let limit: Int
    private let patience: Int64
    private let inside = Atomic<Int>(0)
    /// When somebody last entered while nobody was inside, or left; milliseconds.
    private let moved = Atomic<Int64>(0)

    /// - Parameters:
    ///   - limit: how many may wait however long it takes.
    ///   - seconds: how long nothing may have moved before the next ones are turned away.
    public init(limit: Int = 4, seconds: Int = 1) {
        self.limit = limit
        patience = Int64(seconds) * 1000
    }

    /// Does the work; nil without having begun where it would wait behind others that stand still.
    public func pass<Result, Failure: Error>(_ work: () throws(Failure) -> Result) throws(Failure) -> Result?
    {
        let others = inside.wrappingAdd(1, ordering: .relaxed).oldValue
        if others == 0 {
            moved.store(Self.now, ordering: .relaxed)
        } else if others >= limit, Self.now - moved.load(ordering: .relaxed) > patience {
            inside.wrappingSubtract(1, ordering: .relaxed)
            return nil
        }
        defer {
            moved.store(Self.now, ordering: .relaxed)
            inside.wrappingSubtract(1, ordering: .relaxed)
        }
        return try work()
    }

    /// Milliseconds of a clock that is cheap to read. System call: `clock_gettime`, CLOCK_MONOTONIC_COARSE
    private static var now: Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
