internal import AuditTrail
internal import CofferCore
internal import CofferFS
internal import ControlAPI
internal import ControlSocket
internal import Fuse
internal import Glibc
internal import KeyService
internal import Logging
internal import SecretMemory
internal import SecretStore
internal import SecretsManager
internal import Supervision
internal import Synchronization

/// The process behind a mount: the store unlocked, the tree served to the kernel, the control socket served to commands.
struct Daemon {
    /// What it was told on the command line.
    struct Settings: Sendable {
        var store: String
        var mountPoint: String
        var socket: String
        var auditDirectory: String
        /// Whether the bare directory is left as it is.
        var keepsMountPoint: Bool
        var allowOther: Bool
        var allowUnlockedMemory: Bool
        var servesDespiteDamage: Bool
        var acceptsOlderStore: Bool
        var valueLimit: Int
        var threads: Int
        var deadlineSeconds: Int
        /// The key file, where it isn't a passphrase that unlocks.
        var keyFile: String?
        /// Whether a process that takes over gets the root key from the one before.
        var resumes: Bool
        /// Whether the kernel is asked to send again what a process had read that was killed.
        var asksToResend: Bool
        var readiness: Readiness
        /// Where messages go once it serves; nil for standard error.
        var logFile: String?
    }

    /// Guarded memory that is had from the start: keys, reads and small drafts.
    private static let reservedBytes = 512 << 10

    let settings: Settings
    let logger: Logger

    /// What opens the store.
    enum Credential: ~Copyable {
        case protector(Protector)
        /// What the process before gave out.
        case resumption(SecretBytes)
    }

    /// What is served.
    enum Ground {
        /// A mount of this process's own.
        case mount(String)
        /// A connection that the supervisor holds.
        case connection(HeldConnection)
    }

    /// Serves a mount of its own until it is told to stop or the file system is unmounted.
    func run(protector: consuming Protector) throws(DaemonError) {
        // Before any thread runs: the threads inherit what is blocked.
        let signals = AwaitedSignals(AwaitedSignals.stop)
        try harden()
        let mountPoint: String
        do {
            mountPoint = try findMountPoint(settings.mountPoint) {
                logger.notice("a mount that nobody served any more was taken away from \($0)")
            }
        } catch {
            throw .mountPoint(error)
        }
        let opened = try openManager(.protector(protector), journal: nil)
        try serve(opened.manager, at: mountPoint, on: .mount(mountPoint), until: signals)
    }

    /// Keeps this process's memory to itself.
    func harden() throws(DaemonError) {
        ProcessHardening.setName("coffer")
        do {
            try ProcessHardening.harden()
            try ProcessHardening.reserve(
                bytes: Self.reservedBytes, allowUnlocked: settings.allowUnlockedMemory)
        } catch {
            throw .memory(error)
        }
        if !ProcessHardening.isMemoryLocked {
            logger.warning("memory is not locked: secrets may reach the swap device")
        }
    }

    func openManager(
        _ credential: consuming Credential, journal: (any RequestJournal)?
    ) throws(DaemonError) -> (manager: SecretsManager, keys: EmbeddedKeyService) {
        let store: SQLiteStore
        do {
            store = try SQLiteStore(
                opening: settings.store, readOnly: settings.servesDespiteDamage, fileHash: storeFileHash)
        } catch {
            throw .store(error, path: settings.store)
        }
        let rows: (header: [UInt8], keys: [(number: UInt64, body: [UInt8])])
        do {
            rows = try SecretsManager.keyRows(of: store)
        } catch {
            guard case .damaged(let what) = error else { throw .load(error) }
            throw .load(.damaged(what + store.damagedParts))
        }
        let keys: EmbeddedKeyService
        do {
            switch consume credential {
            case .protector(let protector):
                keys = try EmbeddedKeyService(unlocking: rows.header, keys: rows.keys, with: protector)
            case .resumption(let key):
                keys = try EmbeddedKeyService(resuming: key, header: rows.header, keys: rows.keys)
            }
        } catch {
            guard !store.damagedParts.isEmpty else { throw .keys(error) }
            throw .load(.damaged([error.message] + store.damagedParts))
        }
        var configuration = Configuration(ownerUID: geteuid())
        configuration.journal = journal
        configuration.valueLimit = settings.valueLimit
        configuration.deadlineSeconds = settings.deadlineSeconds
        configuration.servesDespiteDamage = settings.servesDespiteDamage
        configuration.acceptsOlderStore = settings.acceptsOlderStore
        do {
            let opened = try SecretsManager.open(
                store: store, keys: keys, auditDirectory: settings.auditDirectory, users: SystemUsers(),
                configuration: configuration)
            for line in opened.damage { logger.error("damage passed over: \(line)") }
            for line in opened.warnings { logger.warning("\(line)") }
            return (opened.manager, keys)
        } catch {
            throw .load(error)
        }
    }

    func serve(
        _ manager: SecretsManager, at mountPoint: String, on ground: Ground, until signals: AwaitedSignals
    ) throws(DaemonError) {
        let logger = logger
        let held: HeldConnection? =
            switch ground {
            case .mount: nil
            case .connection(let connection): connection
            }
        let heartbeat: @Sendable () -> Void = { held?.giveSign() }
        let fileSystem: CofferFileSystem
        do {
            let events = EventProcess(mountPoint: mountPoint, journal: held?.journal) {
                logger.error("\($0)")
            }
            fileSystem = try CofferFileSystem(
                manager: manager, events: events, takeover: held?.takeover, heartbeat: heartbeat
            ) { logger.error("\($0)") }
        } catch {
            throw .system("no descriptor or thread is left to start with: \(error)")
        }
        let session: Session
        do {
            session = try Session(fileSystem: fileSystem, options: try mountOptions())
            fileSystem.start(notifying: session.notifications)
        } catch let error as SessionError {
            throw .session(error)
        } catch let error as SecretMemoryError {
            throw .memory(error)
        } catch {
            throw .system("\(error)")
        }
        let started = Configuration.systemClock()
        let status: @Sendable () -> JSONValue = {
            Self.status(manager, fileSystem, mountPoint: mountPoint, started: started, held)
        }
        let api = ControlAPI(manager: manager, status: status)
        let server: ControlServer
        do {
            server = try ControlServer(
                path: settings.socket, adopting: held?.controlSocket,
                bodyLimit: Configuration.highestValueLimit * 2 + 65_536
            ) { api.handle($0) }
        } catch {
            throw .socket(error)
        }
        do {
            switch ground {
            case .mount(let path):
                try session.mount(at: path)
            case .connection(let connection):
                try session.attach(to: connection.device, journal: connection.journal)
                session.replay(initRequest: connection.initRequest)
                fileSystem.tellWhatWasLeft()
            }
        } catch {
            throw .session(error)
        }
        defer { session.unmount() }
        do {
            try server.start()
        } catch {
            throw .socket(error)
        }
        do {
            if let held {
                try held.follow(session, fileSystem, at: mountPoint, stoppingOn: signals, logger) {
                    server.stop(limitSeconds: 1, handsOn: true)
                }
            } else {
                try stop(session, on: signals)
            }
            let resolve: @Sendable () -> Void = {
                for line in manager.resolveNamesAgain() { logger.warning("\(line)") }
            }
            try UserDatabaseWatch.start(resolve)
            try Alarm.every(seconds: 3600) {
                resolve()
                do throws(ServiceError) {
                    try manager.deleteExpiredSecrets()
                } catch {
                    logger.error("secrets past their recovery window were not deleted: \(error.message)")
                }
                return true
            }
        } catch {
            throw .system("no thread is left to start with: \(error)")
        }
        becomeQuiet()
        logger.info(
            "serving \(manager.secretCount) secrets at \(mountPoint), control socket \(settings.socket)")
        var beacon: MountBeacon?
        if let held {
            held.announce(controlSocket: server.descriptor)
        } else {
            beacon = MountBeacon(mountPoint: mountPoint)
            settings.readiness.announce()
        }
        defer { withExtendedLifetime(beacon) {} }
        let end = session.run(threadCount: settings.threads)
        if held == nil { settings.readiness.announceStop() }
        logger.info("stopping: \(end)")
        try? Alarm.every(seconds: 2 * Supervisor.stopLimitSeconds + settings.deadlineSeconds) {
            logger.error("the disk does not answer: the end is not waited for")
            LogWriter.shared.flush()
            _exit(ExitStatus.storeTrouble.rawValue)
        }
        let isHandedOn = held?.isHandedOn.load(ordering: .acquiring) ?? false
        server.stop(limitSeconds: held == nil ? Supervisor.stopLimitSeconds : 1, handsOn: isHandedOn)
        fileSystem.stop()
        // Where somebody waits to go on, nothing keeps them that only a long rest needs.
        if isHandedOn, end == .exitRequested { manager.leave() } else { manager.close() }
        LogWriter.shared.flush()
    }

    func mountOptions() throws(SecretMemoryError) -> MountOptions {
        var options = unsafe MountOptions(
            fileSystemName: settings.store, allowOther: settings.allowOther,
            maxWrite: CofferFileSystem.maximumTransfer, allowsSharedMappingOfDirectIO: true,
            deadlineSeconds: settings.deadlineSeconds, asksToResend: settings.asksToResend)
        let logger = logger
        options.onOverdue = {
            logger.error(
                "a call was answered EIO: the disk below the store or the trail did not answer in time")
        }
        options.onSuspect = {
            logger.error(
                "a call was answered EIO: the processes that served ended at it, one after the other")
        }
        options.closesMountPoint = !settings.keepsMountPoint
        let mountPoint = settings.mountPoint
        options.onMountPointClosed = { logger.tell($0, of: mountPoint) }
        // What programs write passes through these buffers on its way into a draft.
        unsafe options.requestBuffer = { size in
            do throws(SecretMemoryError) {
                return try unsafe LockedPages.allocate(byteCount: size)
            } catch {
                // Only at the start of a loop's thread, before a request was taken: nothing is lost.
                fatalError("no locked memory for a request buffer: \(error.description)")
            }
        }
        unsafe options.releaseRequestBuffer = { unsafe LockedPages.release($0, byteCount: $1) }
        return options
    }

    /// At the first signal the mount leaves its place, and what is open may be finished; after a while, or at a second
    /// signal, it is cut off.
    private func stop(_ session: Session, on signals: AwaitedSignals) throws(Errno) {
        let logger = logger
        try signals.whenReceived { _, count in
            guard count == 1 else {
                session.requestExit()
                return
            }
            logger.info(
                "told to stop: files that are open have \(Supervisor.stopLimitSeconds) s to be closed")
            session.unmount()
            try? Alarm.every(seconds: Supervisor.stopLimitSeconds) {
                session.requestExit()
                return false
            }
        }
    }

    /// In the background: leaves the starter's terminal and writes messages to the log; nobody waits for that from now on.
    func becomeQuiet() {
        if let path = settings.logFile { StandardStreams.turn(to: path) }
        LogWriter.shared.begin()
    }

    private static func status(
        _ manager: SecretsManager, _ fileSystem: CofferFileSystem, mountPoint: String, started: Timestamp,
        _ held: HeldConnection?
    ) -> JSONValue {
        let open = fileSystem.openFileCounts
        let status: [(String, JSONValue)] = [
            ("Version", .string(cofferVersion)), ("ProcessId", .int(getpid())),
            ("MountPoint", .string(mountPoint)),
            ("StartedDate", .number(started.secondsText)), ("Secrets", .int(manager.secretCount)),
            ("OpenFiles", .int(open.open)), ("OpenDrafts", .int(open.drafts)),
            ("GuardedBytes", .int(SecretBytes.bytesInUse)),
            ("MemoryLocked", .bool(ProcessHardening.isMemoryLocked)),
            ("ReadOnly", .bool(manager.configuration.servesDespiteDamage)),
        ]
        return .object((status + (held?.status ?? [])).map { JSONMember($0.0, $0.1) })
    }
}
