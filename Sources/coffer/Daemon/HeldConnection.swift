internal import CofferCore
internal import CofferFS
internal import Fuse
internal import Glibc
internal import KeyService
internal import Logging
internal import SecretMemory
internal import SecretStore
internal import SecretsManager
internal import Supervision
internal import Synchronization

/// A connection of the kernel's that the supervisor holds, as the process sees it that serves for a time.
final class HeldConnection: Sendable {
    let device: Int32
    let initRequest: [UInt8]
    let journal: TakeoverJournal
    let takeover: Takeover
    /// The control socket of the process before; nil where there was none.
    let controlSocket: Int32?
    /// Whether another process goes on with what this one has.
    let isHandedOn = Atomic<Bool>(false)
    private let supervisor: HandoverSocket
    private let supervisorProcess = getppid()
    private let report = Mutex(JSONValue.object([]))

    /// How long open drafts may delay that another process takes over, in tenths of a second.
    private static let patience = 30

    init(
        device: Int32, controlSocket: Int32?, initRequest: [UInt8], journal: TakeoverJournal, epoch: UInt32,
        supervisor: HandoverSocket
    ) {
        self.controlSocket = controlSocket
        self.device = device
        self.initRequest = initRequest
        self.journal = journal
        self.supervisor = supervisor
        takeover = Takeover(journal: journal, epoch: epoch)
    }

    /// Tells the supervisor that requests are answered, and gives it the control socket for the next process.
    func announce(controlSocket: Int32) {
        supervisor.send(.socket, descriptors: [controlSocket])
        supervisor.send(.serving, Array(cofferVersion.utf8))
    }

    /// Tells the supervisor that the process goes on.
    func giveSign() { supervisor.send(.alive) }

    /// What `coffer status` tells of the processes.
    var status: [(String, JSONValue)] {
        // Whoever is the parent after the supervisor's end is none of ours, and must not be taken for it.
        let supervisor =
            getppid() == supervisorProcess ? [("SupervisorProcessId", JSONValue.int(getppid()))] : []
        return supervisor + [("ServingProcessId", .int(getpid()))]
            + (report.withLock { $0 }.object ?? []).map { ($0.name, $0.value) }
    }

    /// Does what the supervisor says from now on, and hands on to it who wants the mount to end.
    ///
    /// - Parameter prepareToYield: what is done before another process may go on, while this one still serves.
    func follow(
        _ session: Session, _ fileSystem: CofferFileSystem, at mountPoint: String,
        stoppingOn signals: AwaitedSignals, _ logger: Logger, prepareToYield: @escaping @Sendable () -> Void
    ) throws(Errno) {
        try signals.whenReceived { [supervisor] _, _ in
            // Without a supervisor there is nobody to end the mount but this process.
            if !supervisor.send(.stop) { session.requestExit() }
        }
        let thread = try PlainThread.start { [self] in
            guard var buffer = try? SecretBytes(zeroedCount: Handover.limit) else { return }
            while true {
                let message = supervisor.receive(into: &buffer)
                switch message.letter {
                case .yield?:
                    isHandedOn.store(true, ordering: .releasing)
                    for _ in 0..<Self.patience where !fileSystem.isAtRest { usleep(100_000) }
                    prepareToYield()
                    session.requestExit()
                case .end?:
                    session.requestExit()
                case .report?:
                    let text = String(decoding: buffer.openPart(1..<message.count), as: UTF8.self)
                    if let value = try? JSONValue(parsing: text) { report.withLock { $0 = value } }
                case nil:
                    logger.error(
                        "the supervisor has ended: the mount goes on, but nobody takes over from this process"
                    )
                    // `coffer umount` now waits for this process.
                    let beacon = MountBeacon(mountPoint: mountPoint)
                    withExtendedLifetime(beacon) { while true { pause() } }
                default:
                    continue
                }
            }
        }
        pthread_detach(thread)
    }
}

extension Daemon {
    /// Waits for what the supervisor says, and serves the connection that it holds.
    func runSupervised() throws(DaemonError) {
        let signals = AwaitedSignals(AwaitedSignals.stop)
        try harden()
        CrashTrace.install(writingTo: Handover.crashDescriptor)
        let supervisor = HandoverSocket(descriptor: Handover.descriptor)
        _ = fcntl(supervisor.descriptor, F_SETFD, FD_CLOEXEC)
        guard let (manager, connection) = try takeTurn(supervisor) else { return }
        try serve(manager, at: settings.mountPoint, on: .connection(connection), until: signals)
    }

    /// Takes a key, and waits for this process's turn; nil where the supervisor ends before.
    private func takeTurn(
        _ supervisor: HandoverSocket
    ) throws(DaemonError) -> (SecretsManager, HeldConnection)? {
        var credential: Credential?
        var opened: (manager: SecretsManager, journal: TakeoverJournal)?
        do {
            // What was received goes with it when the turn comes.
            var buffer = try SecretBytes(zeroedCount: Handover.limit)
            while true {
                let message = supervisor.receive(into: &buffer)
                switch message.letter {
                case .passphrase?:
                    credential = .protector(.passphrase(try buffer.part(1..<message.count)))
                case .key?:
                    credential = .resumption(try buffer.part(1..<message.count))
                case .keyFile?:
                    guard let path = settings.keyFile else {
                        throw DaemonError.system("no key file was named")
                    }
                    credential = .protector(.keyFile(path: path))
                case .check?:
                    try checkFormat()
                    supervisor.send(.isFit)
                case .ping?:
                    supervisor.send(.alive)
                case .begin?:
                    // Opening may take a while; that it has been heard is told at once.
                    supervisor.send(.alive)
                    guard let given = credential.take(), let descriptor = message.descriptors.first else {
                        throw DaemonError.system("no key was handed over")
                    }
                    let journal = try TakeoverJournal(descriptor: descriptor)
                    let (manager, keys) = try openManager(given, journal: journal)
                    opened = (manager, journal)
                    if settings.resumes {
                        try supervisor.send(.opened, secret: try keys.resumption())
                    } else {
                        supervisor.send(.opened)
                    }
                case .serve?:
                    guard let opened, let device = message.descriptors.first, message.count > 5 else {
                        throw DaemonError.system("the supervisor's word can't be understood")
                    }
                    let bytes = buffer.openPart(1..<message.count)
                    let epoch = bytes[..<4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
                    let connection = HeldConnection(
                        device: device, controlSocket: message.descriptors.dropFirst().first,
                        initRequest: Array(bytes[4...]), journal: opened.journal, epoch: epoch,
                        supervisor: supervisor)
                    return (opened.manager, connection)
                case nil:
                    return nil
                default:
                    continue
                }
            }
        } catch let error as DaemonError {
            throw error
        } catch let error as SecretMemoryError {
            throw .memory(error)
        } catch {
            throw .system("\(error)")
        }
    }

    private func checkFormat() throws(DaemonError) {
        do {
            try SQLiteStore.checkFormat(of: settings.store)
        } catch {
            throw .store(error, path: settings.store)
        }
    }
}
