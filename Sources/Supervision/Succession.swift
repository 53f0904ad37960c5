internal import CofferCore
internal import Fuse
internal import Glibc
internal import Logging

// Who serves next.
extension Supervisor {
    /// How often processes may end at once before nobody is started any more for a while.
    static let failureLimit = 5
    /// How long until another one is tried then.
    private static let lastResortPause = Duration.seconds(30)
    /// A process that ends sooner has not served.
    private static let leastLife = Duration.milliseconds(100)
    /// How long after a standby's start, or end, another one may be started.
    static let standbyPause = Duration.seconds(1)

    /// Tells a process that it has its turn: it opens the store.
    func begin(_ process: inout ServingProcess) {
        process.lastSign = .now
        process.hasHeard = false
        process.socket.send(.begin, descriptors: [journal.descriptor])
    }

    /// Gives a process that has opened the store the device. From then on nobody else reads it.
    func hand(to process: inout ServingProcess) {
        guard let mount else { return }
        let number = journal.epoch
        let head = (0..<4).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
        process.hasDevice = true
        process.socket.send(
            .serve, head + mount.initRequest,
            descriptors: [mount.descriptor] + (controlSocket >= 0 ? [controlSocket] : []))
    }

    /// A process answers requests.
    func began(_ process: ServingProcess) {
        if let unservedSince {
            let stall = Int((ContinuousClock.now - unservedSince) / .milliseconds(1))
            logger.info("process \(process.process) has taken over in \(stall) ms")
        }
        unservedSince = nil
        serving?.since = .now
        if formerProgram.take() != nil {
            // The standby is of the program before: it was kept for the case that this one does not come to serve.
            standby?.dismiss()
            standby = nil
            nextStandby = .now
            noteUpgrade(Self.upgradeDone)
        } else {
            report()
        }
    }

    /// Tells the process that serves what it shall say of itself and the others.
    func report() {
        let value = JSONValue.members(
            ("Takeovers", .int(journal.epoch)), ("LastEnd", lastEnd.map { .string($0.text) }),
            ("LastEndReport", lastEnd?.json), ("Ends", .int(endCount)),
            ("EndReports", endCount > 0 ? .string(settings.reportFile) : nil),
            ("LastUpgrade", lastUpgrade.map { .string($0) }))
        serving?.socket.send(.report, Array(value.text.utf8.prefix(Handover.limit - 1)))
    }

    /// Has the kernel send again what was read and not answered; before 6.9 who waits for that hears EIO.
    func resendOrFail() {
        guard mount?.resend() != true else { return }
        mount?.failUnanswered(upTo: journal.highestRequest) { [logger, journal] failed in
            journal.forgetFiles(openedBy: failed)
            logger.error(
                "\(failed.count) requests that the process was at fail (EIO): this kernel (before 6.9) can't send them again"
            )
        }
    }

    /// Lets another process follow the one that has ended.
    func succeed(_ process: ServingProcess, _ code: Int32, requestsAtWork: Int) {
        if isYielding, let next = successor.take(), next.isFit {
            isYielding = false
            formerProgram = program
            program = successorProgram.take() ?? program
            takeOver(by: next)
            return
        }
        isYielding = false
        let end = EndReport(process, status: code, epoch: journal.epoch, requests: requestsAtWork)
        lastEnd = end
        endCount += 1
        LogWriter.shared.write(end.json.text, to: settings.reportFile)
        logger.error("the process that served \(end.end); another one takes over")
        if let former = formerProgram.take() {
            program = former
            noteUpgrade(" refused: the new program \(end.end) before it served; the old one goes on")
        }
        // Who is killed by somebody has not failed, however soon that is.
        let hasServed =
            process.isServing
            && (code == 128 + SIGKILL || ContinuousClock.now - process.since >= Self.leastLife)
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

    /// Lets the next process serve: the one given, else the standby if it is awake, else a new one.
    func takeOver(by given: ServingProcess? = nil) {
        nextStart = nil
        var prepared = given
        if prepared == nil, var spare = standby.take() {
            let age = ContinuousClock.now - (spare.isFit ? spare.lastSign : spare.since)
            if age < (spare.isFit ? Self.staleness : Self.standbyPause) {
                prepared = spare
            } else {
                spare.dismiss()
            }
        }
        guard var next = prepared ?? processes.startSpare(program.path) else {
            if !processes.canUnlock {
                logger.critical(
                    "nobody can open the store without its passphrase: calls on the mount fail (EIO); unmount it and mount it again"
                )
            }
            failures = Self.failureLimit
            nextStart = .now + Self.lastResortPause
            return
        }
        journal.epoch += 1
        next.since = .now
        begin(&next)
        serving = next
    }

    // MARK: Another version

    /// Starts the program that now stands where this one's was started from; it takes over if it can open the store.
    func upgrade() {
        guard successor == nil, !isYielding, stopping == nil, serving?.isServing == true else { return }
        // Started by its path, which a script needs too.
        successorProgram = Program(path: settings.program)
        if successorProgram != nil { successor = processes.startSpare(settings.program) }
        guard successor == nil else { return }
        successorProgram = nil
        noteUpgrade(" refused: the new program could not be started; the old one goes on")
    }

    func successorEnded(_ code: Int32) {
        successor?.forget()
        successor = nil
        successorProgram = nil
        noteUpgrade(" refused: the new program ended with status \(code); the old one goes on")
    }

    func yield() {
        isYielding = true
        serving?.socket.send(.yield)
    }

    private func noteUpgrade(_ outcome: String) {
        lastUpgrade = Timestamp.now.text + outcome
        logger.info("upgrade\(outcome)")
        report()
    }
}
