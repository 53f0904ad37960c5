/// A moment by which something must have happened, on the clock that nobody sets.
struct Deadline {
    private let end: ContinuousClock.Instant

    init(secondsFromNow seconds: Int) {
        end = .now + .seconds(seconds)
    }

    /// What `poll` takes: 0 when the moment has passed.
    var remainingMilliseconds: Int32 {
        let left = end - .now
        guard left > .zero else { return 0 }
        let (seconds, attoseconds) = left.components
        return Int32(clamping: seconds * 1_000 + attoseconds / 1_000_000_000_000_000 + 1)
    }
}
