internal import CofferCore
internal import Fuse
internal import Glibc
internal import Logging
internal import SecretMemory
internal import SecretsManager

/// The process that outlives the ones that serve: it holds the kernel's connection and the root key, starts them, watches
/// them, and lets the next one take over. It reads no request and no secret's value.
///
/// One thread, which waits in `poll`; another one turns signals into bytes of a pipe.
@safe
final class Supervisor {
    /// A process that serves, will, or might.
    private struct Child {
        var process: pid_t
        var socket: HandoverSocket
        /// Whether it may serve: a standby has said that it can.
        var isFit = false
        var isServing = false
        var since = ContinuousClock.now
        /// When it was last heard of.
        var lastSign = ContinuousClock.now
    }

    private enum Ending {
        /// Told to stop; when to cut off, and how often that was tried.
        case stopping(ContinuousClock.Instant, kills: Int)
    }

    /// How often processes may end at once before nobody is started any more for a while.
    private static let failureLimit = 5
    /// How long until another one is tried then.
    private static let lastResortPause = Duration.seconds(30)
    /// A process that ends sooner has not served.
    private static let leastLife = Duration.milliseconds(100)
    /// How long a process may take until it serves; the store of 100 000 secrets takes less than a second.
    private static let startLimit = Duration.seconds(60)

    private let daemon: Daemon
    private let arguments: [String]
    private let logger: Logger
    private var program = ChildProcess.ownProgram
    private let programPath: String
    private let journal: TakeoverJournal
    private var mount: HeldMount?
    private var key: SecretBytes?
    private var serving: Child?
    private var standby: Child?
    /// Of another version of the program.
    private var successor: Child?
    private var epoch: UInt32 = 0
    private var failures = 0
    private var nextStart: ContinuousClock.Instant?
    private var isYielding = false
    private var ending: Ending?
    private var exitStatus: Int32 = 0
    private var lastDeath: ContinuousClock.Instant?
    private var spareBuffer: UnsafeMutableRawBufferPointer?
    private var inbox: SecretBytes
    // What `coffer status` tells.
    private var takeovers = 0
    private var lastEnd: String?
    private var lastUpgrade: String?

    /// - Parameter arguments: those of a process that serves, without the program's name.
    init(daemon: Daemon, arguments: [String], logger: Logger) throws(DaemonError) {
        self.daemon = daemon
        self.arguments = arguments
        self.logger = logger
        var path = [CChar](repeating: 0, count: 4097)
        let count = unsafe readlink(ChildProcess.ownProgram, &path, 4096)
        programPath = String(
            decoding: path.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        do {
            journal = try TakeoverJournal()
            inbox = try SecretBytes(zeroedCount: Handover.limit)
        } catch let error as SecretMemoryError {
            throw .memory(error)
        } catch {
            throw .system("no memory to share is left: \(error)")
        }
    }

    /// Starts the first process and supervises until the mount ends; returns the exit status.
    func run(passphrase: consuming SecretBytes?) throws(DaemonError) -> Int32 {
        let signals = try SignalPipe([SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR2])
        let mountPoint = try daemon.findMountPoint()
        var first = try start()
        do {
            if let passphrase {
                try first.socket.send(.passphrase, secret: passphrase)
            } else {
                first.socket.send(.keyFile)
            }
        } catch {
            throw .memory(error)
        }
        first.socket.send(.begin)
        // It says itself what is wrong, on the standard error that it shares until then.
        guard receive(from: &first) == .opened else { return ChildProcess.wait(for: first.process) }
        let mount: HeldMount
        do {
            mount = try HeldMount(at: mountPoint, options: try daemon.mountOptions())
        } catch {
            kill(first.process, SIGKILL)
            _ = ChildProcess.wait(for: first.process)
            if let error = error as? SessionError { throw .session(error) }
            throw .system("\(error)")
        }
        self.mount = mount
        hand(mount, to: first)
        guard receive(from: &first) == .serving else {
            mount.detach()
            return ChildProcess.wait(for: first.process)
        }
        first.isServing = true
        first.lastSign = .now
        serving = first
        daemon.becomeQuiet()
        prepareStandby()
        report()
        daemon.settings.readiness.announce()
        supervise(signals)
        daemon.settings.readiness.announceStop()
        return exitStatus
    }

    // MARK: Processes

    private func start() throws(DaemonError) -> Child {
        let ends: (HandoverSocket, HandoverSocket)
        do {
            ends = try HandoverSocket.pair()
        } catch {
            throw .system("no socket is left: \(error)")
        }
        defer { ends.1.close() }
        let started = ChildProcess.start(
            program, ["coffer"] + arguments, descriptors: [(Handover.descriptor, ends.1.descriptor)])
        switch started {
        case .success(let process):
            return Child(process: process, socket: ends.0)
        case .failure(let code):
            ends.0.close()
            throw .system("a process to serve could not be started: \(code.words)")
        }
    }

    /// Starts a process up to where it waits for its turn; nil where it can't have a key.
    private func startSpare() -> Child? {
        guard canUnlock else { return nil }
        do throws(DaemonError) {
            let child = try start()
            sendKey(to: child)
            child.socket.send(.check)
            return child
        } catch {
            logger.error("\(error.message)")
            return nil
        }
    }

    private var hasKey: Bool {
        switch key {
        case .some: true
        case .none: false
        }
    }

    /// Whether a process can open the store without a person.
    private var canUnlock: Bool { hasKey || daemon.settings.keyFile != nil }

    private func sendKey(to child: Child) {
        switch key {
        case .some(let key):
            do throws(SecretMemoryError) {
                try child.socket.send(.key, secret: key)
            } catch {
                logger.error("no guarded memory is left to hand the key over: \(error.description)")
            }
        case .none:
            child.socket.send(.keyFile)
        }
    }

    private func prepareStandby() {
        guard standby == nil, ending == nil else { return }
        standby = startSpare()
    }

    private func hand(_ mount: HeldMount, to child: Child) {
        let number = epoch
        let head = (0..<4).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
        child.socket.send(
            .serve, head + mount.initRequest, descriptors: [mount.descriptor, journal.descriptor])
    }

    private func end(_ role: ReferenceWritableKeyPath<Supervisor, Child?>) {
        guard let gone = self[keyPath: role] else { return }
        self[keyPath: role] = nil
        gone.socket.close()
        kill(gone.process, SIGKILL)
        _ = ChildProcess.wait(for: gone.process)
    }

    // MARK: The loop

    private func supervise(_ signals: SignalPipe) {
        while true {
            if isOver { break }
            var questions = [pollfd(fd: signals.descriptor, events: Int16(POLLIN), revents: 0)]
            for child in [serving, standby, successor] {
                questions.append(
                    pollfd(fd: child?.socket.descriptor ?? -1, events: Int16(POLLIN), revents: 0))
            }
            _ = unsafe poll(&questions, nfds_t(questions.count), pause)
            if questions[1].revents != 0 { hear(\.serving) }
            if questions[2].revents != 0 { hear(\.standby) }
            if questions[3].revents != 0 { hear(\.successor) }
            if questions[0].revents != 0 { for signal in signals.take() { react(to: signal) } }
            look()
        }
        end(\.standby)
        end(\.successor)
    }

    private var isOver: Bool { serving == nil && (ending != nil || mount?.isDisconnected != false) }

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
        if let child = serving {
            let limit = child.isServing ? watchdogLimit : Self.startLimit
            if now - child.lastSign > limit {
                logger.error("process \(child.process) has stood still for \(limit): it is ended")
                lastEnd = "it stood still"
                kill(child.process, SIGKILL)
                serving?.lastSign = now
            }
        }
        if case .stopping(let limit, let kills)? = ending, now > limit, let child = serving {
            // First it may end what is under way.
            kill(child.process, kills == 0 ? SIGTERM : SIGKILL)
            if kills == 0 { child.socket.send(.yield) }
            ending = .stopping(now + .seconds(Daemon.stopLimitSeconds), kills: kills + 1)
        }
        if serving == nil, ending == nil, let due = nextStart, now >= due { takeOver() }
        if isLastResort { failRequests() }
    }

    private var watchdogLimit: Duration { .seconds(max(2, min(5, daemon.settings.deadlineSeconds))) }

    private func react(to signal: Int32) {
        switch signal {
        case SIGCHLD: reap()
        case SIGUSR2: upgrade()
        default: stop()
        }
    }

    /// Ends the mount: it leaves its place, and what is open may be finished for a while; at a second signal no longer.
    private func stop() {
        if ending != nil {
            ending = .stopping(.now, kills: 1)
            return
        }
        logger.info(
            "told to stop: files that are open have \(Daemon.stopLimitSeconds) s to be closed")
        mount?.detach()
        ending = .stopping(.now + .seconds(Daemon.stopLimitSeconds), kills: 0)
    }

    // MARK: What they say

    /// Waits for a message of a process that is to serve; nil where it has ended.
    private func receive(from child: inout Child) -> Handover.Letter? {
        let message = child.socket.receive(into: &inbox)
        switch message.letter {
        case .opened? where message.count > 1:
            key = try? inbox.part(1..<message.count)
        default: break
        }
        return message.letter
    }

    private func hear(_ role: ReferenceWritableKeyPath<Supervisor, Child?>) {
        guard var child = self[keyPath: role] else { return }
        let letter = receive(from: &child)
        child.lastSign = .now
        switch letter {
        case .serving?: child.isServing = true
        case .isFit?: child.isFit = true
        case nil:
            // SIGCHLD comes as well; until then nothing more is to be heard.
            child.socket.close()
            child.socket = HandoverSocket(descriptor: -1)
        default: break
        }
        self[keyPath: role] = child
        switch letter {
        case .serving?: began(child)
        case .isFit? where role == \.successor: yield()
        case .stop?: stop()
        default: break
        }
    }

    /// A process answers requests.
    private func began(_ child: Child) {
        if let lastDeath {
            let stall = Int((ContinuousClock.now - lastDeath) / .milliseconds(1))
            logger.info("process \(child.process) has taken over in \(stall) ms")
        }
        lastDeath = nil
        serving?.since = .now
        prepareStandby()
        report()
    }

    /// Tells the process that serves what it shall say of itself.
    private func report() {
        var members: [(String, JSONValue)] = [("Takeovers", .int(takeovers))]
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
                standby?.socket.close()
                standby = nil
                if code < 128 {
                    logger.error(
                        "the standby ended with status \(code); the next one is started with the next takeover"
                    )
                } else {
                    prepareStandby()
                }
            } else if process == successor?.process {
                successor?.socket.close()
                successor = nil
                noteUpgrade("refused: the new program ended with status \(code); the old one goes on")
            }
        }
    }

    private func servingEnded(_ code: Int32) {
        guard let child = serving else { return }
        serving = nil
        child.socket.close()
        if ending != nil || mount?.isDisconnected != false {
            exitStatus = code == 0 || code > 128 ? 0 : code
            return
        }
        lastDeath = .now
        let isResent = mount?.resend() ?? false
        if isYielding {
            isYielding = false
            if successor?.isFit == true {
                program = programPath
                end(\.standby)
                standby = successor
                successor = nil
                takeOver()
                noteUpgrade("done")
                return
            }
        }
        if !isResent {
            // Who waited for the process that ended would wait for ever: better they hear of it at once.
            logger.critical(
                "the process that served has ended (status \(code)), and this kernel (before 6.9) can't have another one take over: the mount ends; mount it again"
            )
            mount?.detach()
            ending = .stopping(.now, kills: 1)
            exitStatus = ExitStatus.storeTrouble.rawValue
            return
        }
        let how = code > 128 ? "was ended by signal \(code - 128)" : "ended with status \(code)"
        let age = Int((ContinuousClock.now - child.since) / .seconds(1))
        lastEnd = "\(Configuration.systemClock().text) process \(child.process) \(how) after \(age) s"
        logger.error("the process that served \(how); another one takes over")
        let hasServed = child.isServing && ContinuousClock.now - child.since >= Self.leastLife
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

    /// Lets the next process serve: the standby, or a new one.
    private func takeOver() {
        nextStart = nil
        let prepared = standby
        standby = nil
        guard let next = prepared ?? startSpare() else {
            if !canUnlock {
                logger.critical(
                    "nobody can open the store without its passphrase: calls on the mount fail (EIO); unmount it and mount it again"
                )
            }
            failures = Self.failureLimit
            nextStart = .now + Self.lastResortPause
            return
        }
        if failures >= Self.failureLimit { mount?.resend() }
        epoch += 1
        takeovers += 1
        var child = next
        child.lastSign = .now
        child.since = .now
        child.socket.send(.begin)
        if let mount { hand(mount, to: child) }
        serving = child
    }

    /// Nobody serves, and nobody will for a while: whoever calls hears so at once.
    private func failRequests() {
        if unsafe spareBuffer == nil {
            let size = HeldMount.requestLimit
            guard let pages = try? unsafe LockedPages.allocate(byteCount: size) else {
                usleep(100_000)
                return
            }
            unsafe spareBuffer = UnsafeMutableRawBufferPointer(start: pages, count: size)
        }
        guard let buffer = unsafe spareBuffer, let mount else { return }
        while unsafe mount.failOne(using: buffer, milliseconds: 100) {
            if let nextStart, ContinuousClock.now >= nextStart { return }
        }
    }

    // MARK: Another version

    /// Starts the program that now stands where this one was started from, and lets it take over if it can open the store.
    private func upgrade() {
        guard successor == nil, !isYielding, ending == nil, serving != nil else { return }
        let present = program
        program = programPath
        successor = startSpare()
        program = present
        if successor == nil {
            noteUpgrade("refused: the new program could not be started; the old one goes on")
        }
    }

    private func yield() {
        isYielding = true
        serving?.socket.send(.yield)
    }

    private func noteUpgrade(_ text: String) {
        lastUpgrade = "\(Configuration.systemClock().text) \(text)"
        logger.info("upgrade \(text)")
        report()
    }
}

/// Signals as bytes that `poll` tells of.
private struct SignalPipe {
    let descriptor: Int32

    /// Takes the signals from now on; before any other thread is started.
    init(_ numbers: [Int32]) throws(DaemonError) {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for number in numbers { unsafe sigaddset(&set, number) }
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [0, 0]
        guard unsafe pipe(&ends) == 0 else { throw .system("no pipe is left: \(SystemError.words(errno))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        descriptor = ends[0]
        let (target, awaited) = (ends[1], set)
        do throws(Errno) {
            let thread = try PlainThread.start {
                var set = awaited
                while true {
                    var number: Int32 = 0
                    guard unsafe sigwait(&set, &number) == 0 else { continue }
                    var byte = UInt8(truncatingIfNeeded: number)
                    _ = unsafe write(target, &byte, 1)
                }
            }
            pthread_detach(thread)
        } catch {
            throw .system("no thread is left: \(error)")
        }
    }

    /// The signals that have come.
    func take() -> [Int32] {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = unsafe read(descriptor, &bytes, bytes.count)
        return bytes.prefix(max(0, count)).map(Int32.init)
    }
}
