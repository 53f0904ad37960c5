internal import CofferCore
internal import Fuse
internal import Glibc
package import Logging
package import SecretMemory

/// The process that outlives the ones that serve: it holds the kernel's connection, starts them, watches them, and lets the
/// next one take over. It reads no request but where nobody serves, and no secret's value.
///
/// One thread, which waits in `poll`; another one turns signals into bytes of a pipe, a third writes the log. It touches no
/// disk but where it begins, so none can hold it up.
@safe
package final class Supervisor {
    /// The end of the mount, once it was asked for.
    struct Stop {
        /// When to go on to the next means.
        var limit: ContinuousClock.Instant
        /// Whether the process that serves was told to end: the next means is to kill it.
        var isTold = false
    }

    /// How long open files may delay the end, in seconds, after the mount has left its place.
    package static let stopLimitSeconds = 10
    /// How the word on an upgrade ends that has worked.
    package static let upgradeDone = " done"
    let settings: SupervisorSettings
    let logger: Logger
    let processes: ServingProcesses
    var journal: TakeoverJournal
    var mount: HeldMount?
    private var beacon: MountBeacon?
    private var store: DescriptorStore?
    /// The control socket, which goes from one process to the next.
    var controlSocket: Int32 = -1
    /// The program that processes run, and the one before, while its successor has taken over and doesn't serve yet.
    var program: Program
    var formerProgram: Program?
    /// Who has its turn: it serves, or is about to.
    var serving: ServingProcess?
    var standby: ServingProcess?
    var nextStandby = ContinuousClock.now
    var nextPing = ContinuousClock.now
    /// Of another version of the program.
    var successor: ServingProcess?
    var successorProgram: Program?
    /// Whether the process that serves makes room for the successor.
    var isYielding = false
    var failures = 0
    var nextStart: ContinuousClock.Instant?
    var stopping: Stop?
    private var exitStatus: Int32 = 0
    /// Since when nobody answers calls.
    var unservedSince: ContinuousClock.Instant?
    var lastResort: LastResort?
    var isInLastResort = false
    // What `coffer status` tells.
    var lastEnd: EndReport?
    var endCount = 0
    var lastUpgrade: String?

    /// - Parameter arguments: those of a process that serves, without the program's name.
    package init(
        _ settings: SupervisorSettings, arguments: [String], logger: Logger
    ) throws(SupervisorError) {
        self.settings = settings
        self.logger = logger
        program = Program(descriptor: settings.programDescriptor)
        processes = try ServingProcesses(
            hasKeyFile: settings.hasKeyFile, arguments: arguments, logger: logger)
        do {
            journal = try TakeoverJournal()
        } catch {
            throw .system("no memory to share is left: \(error)")
        }
    }

    /// Starts the first process and supervises until the mount ends; returns the exit status.
    package func run(passphrase: consuming SecretBytes?) throws(SupervisorError) -> Int32 {
        let signals = try SignalPipe(AwaitedSignals.stop + [SIGCHLD, SIGUSR2])
        try adoptOrLook()
        var first = try processes.start(program.path)
        do {
            if let passphrase {
                try first.socket.send(.passphrase, secret: passphrase)
            } else {
                first.socket.send(.keyFile)
            }
        } catch {
            throw .memory(error)
        }
        begin(&first)
        // It says itself what is wrong, on the standard error that it shares until then.
        guard waitFor(.opened, from: &first) else { return end(first) }
        if mount == nil {
            do throws(SessionError) {
                mount = try HeldMount(at: mountPoint, options: mountOptions)
            } catch {
                first.dismiss()
                throw .session(error)
            }
        }
        hand(to: &first)
        guard waitFor(.serving, from: &first) else {
            if store == nil { mount?.detach() }
            return end(first)
        }
        serving = first
        becomeQuiet()
        beacon = MountBeacon(mountPoint: mountPoint)
        keepInStore()
        let readiness = Readiness(descriptor: settings.readyDescriptor)
        began(first)
        readiness.announce()
        supervise(signals)
        readiness.announceStop()
        if mount?.isDisconnected != false { store?.remove() }
        return exitStatus
    }

    /// Where the mount is, absolute, once it was looked for.
    private(set) var mountPoint = ""

    /// Takes over what systemd has kept, or looks for a place to mount at.
    private func adoptOrLook() throws(SupervisorError) {
        if settings.usesDescriptorStore {
            store = DescriptorStore()
            if let kept = store?.take(), let path = kept.livingMountPoint {
                do {
                    mountPoint = path
                    journal = try TakeoverJournal(descriptor: kept.journal)
                    mount = try HeldMount(
                        adopting: kept.device, initRequest: kept.initRequest, at: path, options: mountOptions)
                    controlSocket = kept.controlSocket
                } catch {
                    throw .system("what systemd has kept of the mount can't be used: \(error)")
                }
                journal.epoch += 1
                journal.endWork(isCrash: false)
                resendOrFail()
                logger.notice("the mount at \(path) is taken over from systemd")
                return
            }
        }
        do throws(MountPointProblem) {
            mountPoint = try findMountPoint(settings.mountPoint) {
                logger.notice("a mount that nobody served any more was taken away from \($0)")
            }
        } catch {
            throw .mountPoint(error)
        }
    }

    private func waitFor(_ letter: Handover.Letter, from process: inout ServingProcess) -> Bool {
        while let heard = take(from: &process) { if heard == letter { return true } }
        return false
    }

    private func end(_ process: ServingProcess) -> Int32 {
        let status = ChildProcess.wait(for: process.process)
        return status == 0 ? 1 : status
    }

    private func keepInStore() {
        guard let mount else { return }
        store?.keep(
            device: mount.descriptor, initRequest: mount.initRequest, journal: journal.descriptor,
            controlSocket: controlSocket, mountPoint: mountPoint)
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
            for descriptor in [mount?.descriptor ?? -1, controlSocket] {
                questions.append(
                    pollfd(fd: isInLastResort ? descriptor : -1, events: Int16(POLLIN), revents: 0))
            }
            _ = unsafe poll(&questions, nfds_t(questions.count), pause)
            if questions[1].revents != 0 { hear(\.serving) }
            if questions[2].revents != 0 { hear(\.standby) }
            if questions[3].revents != 0 { hear(\.successor) }
            if questions[0].revents != 0 { for signal in signals.take() { react(to: signal) } }
            if questions[4].revents != 0, isInLastResort, let mount {
                lastResort?.failRequests(of: mount, journal)
            }
            if questions[5].revents != 0, isInLastResort { LastResort.refuseCommand(at: controlSocket) }
        }
        standby?.dismiss()
        successor?.dismiss()
    }

    private var isOver: Bool {
        let isUnmounted = mount?.isDisconnected != false
        guard let process = serving else { return isUnmounted || stopping != nil && nextStart == nil }
        // Who was killed and can't end, as where the disk holds it, has nobody left to keep waiting.
        guard isUnmounted, let breath = process.lastBreath, ContinuousClock.now - breath > .seconds(1) else {
            return false
        }
        logger.error("process \(process.process) was killed and does not end: it is left to itself")
        return true
    }

    /// How long to wait for something to happen, in milliseconds.
    private var pause: Int32 {
        if let process = serving, !process.isServing || process.lastBreath != nil { return 20 }
        guard let nextStart else { return 500 }
        return max(1, min(500, Int32((nextStart - .now) / .milliseconds(1)) + 1))
    }

    /// What there is to do though nothing has happened.
    private func look() {
        let now = ContinuousClock.now
        mount?.noteRead(upTo: journal.highestRequest)
        if let process = serving { watch(process, now) }
        if let process = successor, now - process.since > Self.openingLimit { successor?.kill() }
        if let stop = stopping, now >= stop.limit, let process = serving { pressOn(process, stop) }
        if serving?.isServing == true { prepareStandby(now) }
        if serving == nil, let due = nextStart, now >= due {
            if stopping == nil { takeOver() } else { nextStart = nil }
        }
        lookAtLastResort(now)
    }

    private func react(to signal: Int32) {
        switch signal {
        case SIGCHLD: reap()
        case SIGUSR2: upgrade()
        default: stop()
        }
    }

    /// Ends the mount: it leaves its place, and what is open may be finished for a while; at a second signal no longer. What
    /// systemd keeps stays mounted, for the next supervisor.
    private func stop() {
        if stopping != nil {
            stopping?.limit = .now
            return
        }
        if let store, store.isKept {
            logger.notice("told to stop: the mount is left to systemd")
            stopping = Stop(limit: .now)
            return
        }
        logger.info("told to stop: files that are open have \(Self.stopLimitSeconds) s to be closed")
        mount?.detach()
        stopping = Stop(limit: .now + .seconds(Self.stopLimitSeconds))
    }

    // MARK: What they say

    private func hear(_ role: ReferenceWritableKeyPath<Supervisor, ServingProcess?>) {
        guard var process = self[keyPath: role] else { return }
        let letter = take(from: &process)
        if letter == nil, role == \.serving { process.kill() }
        self[keyPath: role] = process
        switch letter {
        case .opened? where role == \.serving:
            guard stopping == nil else { return }
            hand(to: &process)
            serving = process
        case .serving? where role == \.serving: began(process)
        case .isFit? where role == \.successor: yield()
        case .stop?: stop()
        default: break
        }
    }

    /// Takes a message, and notes what it says of its sender; nil where that has closed its end.
    private func take(from process: inout ServingProcess) -> Handover.Letter? {
        let message = processes.receive(from: process)
        process.lastSign = .now
        process.hasHeard = true
        switch message.letter {
        case .isFit?: process.isFit = true
        case .serving?:
            process.isServing = true
            process.version = message.text
        case .socket?:
            if controlSocket >= 0 { close(controlSocket) }
            controlSocket = message.descriptors.first ?? -1
            return message.letter
        case nil: process.hangUp()
        default: break
        }
        for descriptor in message.descriptors { close(descriptor) }
        return message.letter
    }

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
                standby?.forget()
                standby = nil
                nextStandby = .now + Self.standbyPause
            } else if process == successor?.process {
                successorEnded(code)
            }
        }
    }

    /// Forgets the process that has served; what follows from its end.
    func servingEnded(_ code: Int32) {
        guard var process = serving.take() else { return }
        defer { process.forget() }
        // Until it was told to end, who has files open may finish them, with the next process.
        if stopping.map({ $0.isTold || ContinuousClock.now >= $0.limit }) ?? false
            || mount?.isDisconnected != false
        {
            exitStatus = code == 0 || code > 128 ? 0 : code
            return
        }
        if unservedSince == nil { unservedSince = .now }
        let count = journal.endWork(isCrash: ChildProcess.isCrash(code))
        resendOrFail()
        succeed(process, code, requestsAtWork: count)
    }

    private var mountOptions: MountOptions {
        let (logger, path) = (logger, mountPoint)
        return unsafe MountOptions(
            fileSystemName: settings.fileSystemName, allowOther: settings.allowsOther,
            maxWrite: settings.maxWrite,
            deadlineSeconds: settings.deadlineSeconds, closesMountPoint: !settings.keepsMountPoint,
            onMountPointClosed: { logger.tell($0, of: path) }, asksToResend: settings.asksToResend)
    }

    /// In the background: leaves the starter's terminal and writes messages to the log, from a thread of its own.
    private func becomeQuiet() {
        if let path = settings.logFile { StandardStreams.turn(to: path) }
        LogWriter.shared.begin()
    }
}
