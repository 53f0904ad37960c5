/// Which numbers the requests may have that a process had read and not answered when it was killed.
///
/// For kernels before 6.9, which can't send them again: there numbers go up by 2 from one request to the next, and requests
/// are read in their order. Source: Linux 6.1, `fs/fuse/dev.c`, `fuse_get_unique`.
struct UnansweredNumbers {
    /// FUSE: `FUSE_REQ_ID_STEP`. Odd numbers are interrupts', which go by the number of their request.
    static let step: UInt64 = 2
    /// How far beyond the known bounds numbers are taken in.
    ///
    /// Above: each thread may have read one request without noting it, and numbers are passed over that forgets had, or whose
    /// callers were killed while they waited. Below: later kernels, which tests run on, may mix the order up a little.
    static let margin: UInt64 = 4096 * step
    /// The least time between two marks: as often as a process looks for answers that are overdue.
    static let period = Duration.milliseconds(500)

    /// The highest number that was read.
    private(set) var highest: UInt64
    /// What `highest` was, period by period, the oldest first: `memory` of them.
    private var marks: [UInt64]
    private let memory: Int
    private var marked = SuspendingClock.now

    /// - Parameter first: The first request's number.
    /// - Parameter deadlineSeconds: After how long each handler, or whoever it handed its reply to, has answered.
    init(first: UInt64, deadlineSeconds: Int) {
        highest = first
        marks = [first]
        // A handler may take its deadline, and who has the reply from it another one. Then 8 s: each is seen at the second
        // look after it began, and a process that stands still, so that nobody looks, is ended within 5 s.
        memory = 2 * (2 * deadlineSeconds + 8)
    }

    /// Takes note of the highest number that was read until now; to be called at least once a period while requests are read.
    ///
    /// Marks are counted, and not told by the clock: where everything stands still for a while, nothing is forgotten.
    mutating func note(_ number: UInt64, at time: SuspendingClock.Instant = .now) {
        highest = max(highest, number)
        guard time - marked >= Self.period else { return }
        marked = time
        marks.append(highest)
        if marks.count > memory { marks.removeFirst(marks.count - memory) }
    }

    /// The numbers of the last second or two, among which nearly every unanswered one is.
    var recent: StrideThrough<UInt64> {
        stride(from: lowestRecent, through: highest + Self.margin, by: Int(Self.step))
    }

    /// The numbers before: a request is among them whose handler hung. Nobody reads one of these any more.
    var older: StrideTo<UInt64> {
        stride(from: Self.lowest(of: marks[0]), to: lowestRecent, by: Int(Self.step))
    }

    private var lowestRecent: UInt64 { Self.lowest(of: marks[max(marks.count - 3, 0)]) }

    private static func lowest(of mark: UInt64) -> UInt64 { mark > margin + step ? mark - margin : step }

    /// Takes note that all of them have been answered.
    mutating func settle() { marks = [highest] }
}
