internal import Fuse
internal import Glibc
internal import Logging

// The watch over the processes: who stands still is ended, and where nobody serves, calls are failed.
extension Supervisor {
    /// How long a process that got its turn may take to say something, a standby that was awake lately, and one that has the
    /// device to serve.
    private static let standbyLimit = Duration.seconds(1)
    private static let hearingLimit = Duration.seconds(10)
    private static let servingLimit = Duration.seconds(10)
    /// How long a process may take to open the store; that of 100 000 secrets takes less than a second.
    static let openingLimit = Duration.seconds(60)
    /// How long a process whose end of the socket is closed is waited for: who is held by a debugger is not reaped.
    private static let reapingLimit = Duration.milliseconds(100)
    /// How often the standby is asked for a sign, and how old one may be.
    private static let pingPeriod = Duration.seconds(1)
    static let staleness = Duration.milliseconds(2500)

    /// How long a process may say nothing.
    private func limit(of process: ServingProcess) -> Duration {
        if process.isServing { return watchdogLimit }
        if process.hasDevice { return Self.servingLimit }
        if process.hasHeard { return Self.openingLimit }
        return process.isFit ? Self.standbyLimit : Self.hearingLimit
    }

    func watch(_ process: ServingProcess, _ now: ContinuousClock.Instant) {
        if let breath = process.lastBreath {
            if process.hasHungUp, now - breath > Self.reapingLimit { servingEnded(128 + SIGKILL) }
            return
        }
        let limit = limit(of: process)
        guard now - process.lastSign > limit else { return }
        logger.error("process \(process.process) has stood still for \(limit): it is ended")
        serving?.complaint = "stood still for \(limit)"
        serving?.threads = ThreadReport.threads(of: process.process)
        serving?.kill()
        if unservedSince == nil { unservedSince = process.lastSign }
    }

    /// Well before the deadline of calls, so that the next process can still answer them.
    private var watchdogLimit: Duration { .seconds(max(1, min(5, settings.deadlineSeconds / 2))) }

    /// Begins to fail calls where nobody has answered for as long as a call may wait, and nobody can for a while.
    func lookAtLastResort(_ now: ContinuousClock.Instant) {
        let isHeld = serving.map { $0.hasDevice && $0.lastBreath == nil } ?? false
        let isOverdue = unservedSince.map { now - $0 >= .seconds(settings.deadlineSeconds) } ?? false
        let isNeeded = !isHeld && (isOverdue || serving == nil && failures >= Self.failureLimit)
        guard isNeeded != isInLastResort else { return }
        if isNeeded, lastResort == nil { lastResort = LastResort() }
        isInLastResort = isNeeded && lastResort != nil
        guard isInLastResort else { return }
        logger.critical("nobody serves the mount: calls on it fail (EIO)")
        // What was read by a process that is killed and can't end, as where the disk holds it: it won't be answered by that.
        resendOrFail()
    }

    /// Ends the process that serves by the next means: it finishes what is under way, or it is killed.
    func pressOn(_ process: ServingProcess, _ stop: Stop) {
        if stop.isTold { serving?.kill() } else { process.socket.send(.end) }
        stopping = Stop(limit: .now + .seconds(Self.stopLimitSeconds), isTold: true)
    }

    func prepareStandby(_ now: ContinuousClock.Instant) {
        guard stopping == nil else { return }
        if let process = standby {
            if now - process.lastSign > Self.staleness,
                process.isFit || now - process.since > Self.openingLimit
            {
                logger.error("the standby gives no sign: another one is started")
                standby?.dismiss()
                standby = nil
                nextStandby = now + Self.standbyPause
            } else if now >= nextPing, process.isFit {
                nextPing = now + Self.pingPeriod
                process.socket.send(.ping)
            }
        } else if now >= nextStandby {
            nextStandby = now + Self.standbyPause
            standby = processes.startSpare(program.path)
        }
    }
}
