internal import CofferCore
internal import Fuse
internal import Glibc
internal import Logging
internal import SecretMemory
internal import SecretsManager

/// The process that outlives the ones that serve: it holds the kernel's connection, starts them, watches them, and lets the
/// next one take over. It reads no request but where nobody serves, and no secret's value.
///
/// One thread, which waits in `poll`; another one turns signals into bytes of a pipe.
@safe
final class Supervisor {
    /// The end of the mount, once it was asked for.
    private struct Stop {
        /// When to go on to the next means.
        var limit: ContinuousClock.Instant
        /// Whether the process that serves was told to end: the next means is to kill it.
        var isTold = false
    }

    /// How often processes may end at once before nobody is started any more for a while.
    private static let failureLimit = 5
    /// How long until another one is tried then.
    private static let lastResortPause = Duration.seconds(30)
    /// A process that ends sooner has not served.
    private static let leastLife = Duration.milliseconds(100)
    /// How long a process may take until it serves; the store of 100 000 secrets takes less than a second.
    private static let startLimit = Duration.seconds(60)
    /// How long after a standby's start, or end, another one may be started.
    private static let standbyPause = Duration.seconds(1)
    /// How the word on an upgrade ends that has worked.
    static let upgradeDone = " done"

    private let daemon: Daemon
    private let logger: Logger
    private let processes: ServingProcesses
    private let programPath: String
    private let journal: TakeoverJournal
    private var mount: HeldMount?
    private var serving: ServingProcess?
    private var standby: ServingProcess?
    private var nextStandby = ContinuousClock.now
    /// Of another version of the program.
    private var successor: ServingProcess?
    /// Whether the process that serves makes room for the successor.
    private var isYielding = false
    /// The program before, while the successor has taken over and doesn't serve yet.
    private var formerProgram: String?
    private var epoch: UInt32 = 0
    private var failures = 0
    private var nextStart: ContinuousClock.Instant?
    private var stopping: Stop?
    private var exitStatus: Int32 = 0
    private var lastDeath: ContinuousClock.Instant?
    private var lastResort: LastResort?
    // What `coffer status` tells.
    private var lastEnd: String?
    private var lastUpgrade: String?

    /// - Parameter arguments: those of a process that serves, without the program's name.
    init(daemon: Daemon, arguments: [String], logger: Logger) throws(DaemonError) {
        self.daemon = daemon
        self.logger = logger
        processes = try ServingProcesses(settings: daemon.settings, arguments: arguments, logger: logger)
        var path = [CChar](repeating: 0, count: 4097)
        let count = unsafe readlink(ChildProcess.ownProgram, &path, 4096)
        programPath = String(
            decoding: path.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        do {
            journal = try TakeoverJournal()
        } catch {
            throw .system("no memory to share is left: \(error)")
        }
    }

    /// Starts the first process and supervises until the mount ends; returns the exit status.
    func run(passphrase: consuming SecretBytes?) throws(DaemonError) -> Int32 {
        let signals = try SignalPipe(AwaitedSignals.stop + [SIGCHLD, SIGUSR2])
        let mountPoint = try daemon.findMountPoint()
        var first = try processes.start()
        do {
            if let passphrase {
                try first.socket.send(.passphrase, secret: passphrase)
            } else {
                first.socket.send(.keyFile)
            }
        } catch {
            throw .memory(error)
        }
        begin(first)
        // It says itself what is wrong, on the standard error that it shares until then.
        guard processes.receive(from: first) == .opened else {
            return ChildProcess.wait(for: first.process)
        }
        let mount: HeldMount
        do {
            mount = try HeldMount(at: mountPoint, options: try daemon.mountOptions())
        } catch {
            first.end()
            if let error = error as? SessionError { throw .session(error) }
            throw .system("\(error)")
        }
        self.mount = mount
        hand(mount, to: first)
        guard processes.receive(from: first) == .serving else {
            mount.detach()
            return ChildProcess.wait(for: first.process)
        }
        first.isServing = true
        first.lastSign = .now
        serving = first
        daemon.becomeQuiet()
        report()
        daemon.settings.readiness.announce()
        supervise(signals)
        daemon.settings.readiness.announceStop()
        return exitStatus
    }

    private func begin(_ process: ServingProcess) {
        process.socket.send(.begin, descriptors: [journal.descriptor])
    }

    private func hand(_ mount: HeldMount, to process: ServingProcess) {
        let number = epoch
        let head = (0..<4).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
        process.socket.send(.serve, head + mount.initRequest, descriptors: [mount.descriptor])
    }

    // MARK: The loop

    private func supervise(_ signals: SignalPipe) {
        while !isOver {
            look()
            var questions = [pollfd(fd: signals.descriptor, events: Int16(POLLIN), revents: 0)]
            for process in [serving, standby, successor] {
                questions.append(
                    pollfd(fd: process?.socket.descriptor ?? -1, events: Int16(POLLIN), revents: 0))
            }
            _ = unsafe poll(&questions, nfds_t(questions.count), pause)
            if questions[1].revents != 0 { hear(\.serving) }
            if questions[2].revents != 0 { hear(\.standby) }
            if questions[3].revents != 0 { hear(\.successor) }
            if questions[0].revents != 0 { for signal in signals.take() { react(to: signal) } }
        }
        standby?.end()
        successor?.end()
    }

    private var isOver: Bool { serving == nil && (stopping != nil || mount?.isDisconnected != false) }

    /// How long to wait for something to happen, in milliseconds.
    private var pause: Int32 {
        if isLastResort { return 0 }
        guard let nextStart else { return 500 }
        return max(1, min(500, Int32((nextStart - .now) / .milliseconds(1)) + 1))
    }

    private var isLastResort: Bool { serving == nil && failures >= Self.failureLimit }

    /// What there is to do though nothing has happened.
    private func look() {
        let now = ContinuousClock.now
        mount?.noteRead(upTo: journal.highestRequest)
        if let process = serving {
            let limit = process.isServing ? watchdogLimit : Self.startLimit
            if now - process.lastSign > limit {
                logger.error("process \(process.process) has stood still for \(limit): it is ended")
                kill(process.process, SIGKILL)
                serving?.lastSign = now
            }
            if let stop = stopping, now >= stop.limit { pressOn(process, stop) }
            if process.isServing { prepareStandby() }
        }
        if serving == nil, stopping == nil, let due = nextStart, now >= due { takeOver() }
        if isLastResort { failRequests() }
    }

    /// Ends the process that serves by the next means: it finishes what is under way, or it is killed.
    private func pressOn(_ process: ServingProcess, _ stop: Stop) {
        if stop.isTold { kill(process.process, SIGKILL) } else { process.socket.send(.end) }
        stopping = Stop(limit: .now + .seconds(Daemon.stopLimitSeconds), isTold: true)
    }

    private var watchdogLimit: Duration { .seconds(max(2, min(5, daemon.settings.deadlineSeconds))) }

    private func prepareStandby() {
        guard standby == nil, stopping == nil, ContinuousClock.now >= nextStandby else { return }
        nextStandby = .now + Self.standbyPause
        standby = processes.startSpare()
    }

    private func react(to signal: Int32) {
        switch signal {
        case SIGCHLD: reap()
        case SIGUSR2: upgrade()
        default: stop()
        }
    }

    /// Ends the mount: it leaves its place, and what is open may be finished for a while; at a second signal no longer.
    private func stop() {
        if stopping != nil {
            stopping?.limit = .now
            return
        }
        logger.info(
            "told to stop: files that are open have \(Daemon.stopLimitSeconds) s to be closed")
        mount?.detach()
        stopping = Stop(limit: .now + .seconds(Daemon.stopLimitSeconds))
    }

    // MARK: What they say

    private func hear(_ role: ReferenceWritableKeyPath<Supervisor, ServingProcess?>) {
        guard var process = self[keyPath: role] else { return }
        let letter = processes.receive(from: process)
        process.lastSign = .now
        switch letter {
        case .serving?: process.isServing = true
        case .isFit?: process.isFit = true
        case nil: process.hangUp()
        default: break
        }
        self[keyPath: role] = process
        switch letter {
        case .serving?: began(process)
        case .isFit? where role == \.successor: yield()
        case .stop?: stop()
        default: break
        }
    }

    /// A process answers requests.
    private func began(_ process: ServingProcess) {
        if let lastDeath {
            let stall = Int((ContinuousClock.now - lastDeath) / .milliseconds(1))
            logger.info("process \(process.process) has taken over in \(stall) ms")
        }
        lastDeath = nil
        serving?.since = .now
        if formerProgram != nil {
            // The standby is of the program before: it was kept for the case that this one does not come to serve.
            formerProgram = nil
            standby?.end()
            standby = nil
            nextStandby = .now
            noteUpgrade(Self.upgradeDone)
        }
        prepareStandby()
        report()
    }

    /// Tells the process that serves what it shall say of itself.
    private func report() {
        var members: [(String, JSONValue)] = [("Takeovers", .int(Int64(epoch)))]
        if let lastEnd { members.append(("LastEnd", .string(lastEnd))) }
        if let lastUpgrade { members.append(("LastUpgrade", .string(lastUpgrade))) }
        let value = JSONValue.object(members.map { JSONMember($0.0, $0.1) })
        serving?.socket.send(.report, Array(value.text.utf8))
    }

    // MARK: Taking over

    private func reap() {
        var status: Int32 = 0
        while true {
            let process = unsafe waitpid(-1, &status, WNOHANG)
            guard process > 0 else { return }
            let code = ChildProcess.exitStatus(status)
            if process == serving?.process {
                servingEnded(code)
            } else if process == standby?.process {
                logger.error("the standby ended (status \(code)); another one is started")
                standby?.hangUp()
                standby = nil
                nextStandby = .now + Self.standbyPause
            } else if process == successor?.process {
                successor?.hangUp()
                successor = nil
                noteUpgrade(" refused: the new program ended with status \(code); the old one goes on")
            }
        }
    }

    private func servingEnded(_ code: Int32) {
        guard var process = serving else { return }
        serving = nil
        process.hangUp()
        if stopping != nil || mount?.isDisconnected != false {
            exitStatus = code == 0 || code > 128 ? 0 : code
            return
        }
        lastDeath = .now
        if mount?.resend() != true { failUnanswered() }
        let isReplaced = isYielding && successor?.isFit == true
        isYielding = false
        if isReplaced {
            formerProgram = processes.program
            processes.program = programPath
            let next = successor
            successor = nil
            takeOver(by: next)
            return
        }
        let how = code > 128 ? "was ended by signal \(code - 128)" : "ended with status \(code)"
        let age = Int((ContinuousClock.now - process.since) / .seconds(1))
        lastEnd = "\(Configuration.systemClock().text) process \(process.process) \(how) after \(age) s"
        logger.error("the process that served \(how); another one takes over")
        if let former = formerProgram {
            formerProgram = nil
            processes.program = former
            noteUpgrade(" refused: the new program \(how) before it served; the old one goes on")
        }
        let hasServed = process.isServing && ContinuousClock.now - process.since >= Self.leastLife
        failures = hasServed ? 0 : failures + 1
        if failures >= Self.failureLimit {
            logger.critical(
                "\(failures) processes ended at once, one after the other: calls on the mount fail (EIO); another one is tried in \(Self.lastResortPause)"
            )
            nextStart = .now + Self.lastResortPause
        } else if failures > 2 {
            nextStart = .now + .milliseconds(100 << (failures - 2))
        } else {
            takeOver()
        }
    }

    /// Who waits for the process that ended would wait for ever: they hear of it at once.
    private func failUnanswered() {
        mount?.failUnanswered(upTo: journal.highestRequest) { [logger] count in
            logger.error(
                "\(count) requests that the process was at fail (EIO): this kernel (before 6.9) can't send them again"
            )
        }
    }

    /// Lets the next process serve: the one given, else the standby, else a new one.
    private func takeOver(by given: ServingProcess? = nil) {
        nextStart = nil
        var prepared = given
        if prepared == nil {
            prepared = standby
            standby = nil
        }
        guard var next = prepared ?? processes.startSpare() else {
            if !processes.canUnlock {
                logger.critical(
                    "nobody can open the store without its passphrase: calls on the mount fail (EIO); unmount it and mount it again"
                )
            }
            failures = Self.failureLimit
            nextStart = .now + Self.lastResortPause
            return
        }
        epoch += 1
        next.lastSign = .now
        next.since = .now
        begin(next)
        if let mount { hand(mount, to: next) }
        serving = next
    }

    /// Nobody serves, and nobody will for a while: whoever calls hears so at once.
    private func failRequests() {
        guard let mount else { return }
        if lastResort == nil { lastResort = LastResort() }
        guard let lastResort else {
            // No memory is left: it is tried again.
            usleep(100_000)
            return
        }
        lastResort.failRequests(of: mount, until: nextStart ?? .now)
    }

    // MARK: Another version

    /// Starts the program that now stands where this one was started from; it takes over if it can open the store.
    private func upgrade() {
        guard successor == nil, !isYielding, stopping == nil, serving?.isServing == true else { return }
        let present = processes.program
        processes.program = programPath
        successor = processes.startSpare()
        processes.program = present
        if successor == nil {
            noteUpgrade(" refused: the new program could not be started; the old one goes on")
        }
    }

    private func yield() {
        isYielding = true
        serving?.socket.send(.yield)
    }

    private func noteUpgrade(_ outcome: String) {
        lastUpgrade = Configuration.systemClock().text + outcome
        logger.info("upgrade\(outcome)")
        report()
    }
}
