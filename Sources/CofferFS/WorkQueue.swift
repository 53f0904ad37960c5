internal import Fuse
internal import Glibc
internal import Synchronization

/// A thread of its own for work that waits for the disk, so that no request of somebody else waits behind it.
final class WorkQueue: Sendable {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        var isStopping = false
        var thread: pthread_t?
        var everyMinute: @Sendable () -> Void = {}
    }

    private let state = Mutex(State())
    private let wake: EventCounter

    init() throws(Errno) {
        wake = try EventCounter()
    }

    /// What is done once a minute, from the first job on.
    func everyMinute(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.everyMinute = body } }

    /// Lets the thread begin, for what is done every minute.
    func begin() { submit {} }

    /// Runs a job after those that were given before. The thread begins with the first one, so that a process may
    /// still fork before. False if it is stopped: the job was dropped.
    @discardableResult
    func submit(_ job: @escaping @Sendable () -> Void) -> Bool {
        let isTaken = state.withLock { state in
            guard !state.isStopping else { return false }
            if state.thread == nil {
                guard let thread = try? PlainThread.start({ [self] in run() }) else { return false }
                state.thread = thread
            }
            state.jobs.append(job)
            return true
        }
        if isTaken { wake.signal() }
        return isTaken
    }

    /// Finishes the jobs that were given, and ends the thread.
    func stop() {
        let thread = state.withLock { state in
            state.isStopping = true
            return state.thread.take()
        }
        wake.signal()
        if let thread { pthread_join(thread, nil) }
    }

    private func run() {
        var nextMinute = ContinuousClock.now + .seconds(60)
        while true {
            if ContinuousClock.now >= nextMinute {
                state.withLock { $0.everyMinute }()
                nextMinute = ContinuousClock.now + .seconds(60)
            }
            let (jobs, isStopping) = state.withLock { state in
                defer { state.jobs = [] }
                return (state.jobs, state.isStopping)
            }
            for job in jobs { job() }
            if !jobs.isEmpty { continue }
            if isStopping { return }
            let left = (nextMinute - .now) / .milliseconds(1)
            _ = wake.wait(milliseconds: Int32(max(0, left.rounded(.up))))
        }
    }
}
