import AuditTrail
import CofferCore
import CofferFS
import Foundation
import Fuse
import KeyService
import SecretMemory
import SecretStore
import SecretsManager
import Synchronization
import Testing

/// How the calls of a case reach the tree: the same cases run by both.
enum Driver: String, CaseIterable, Sendable, CustomTestStringConvertible {
    /// The test plays the kernel in front of the real session.
    case inProcess
    /// The file system is mounted, and other processes make real calls.
    case mounted

    var testDescription: String { rawValue }
}

/// A store of one test's own with its tree: real SQLite, real keys, a real trail, reached by a driver.
///
/// The owner of the store is not root, so that root can be a stranger.
final class World {
    static let owner: UInt32 = 1000
    static let alice: UInt32 = 2001
    static let bob: UInt32 = 2002

    let driver: Driver
    private(set) var manager: SecretsManager
    private var serving: Serving
    private let agents: AgentParent
    private let directory: String
    private let ticks = SharedTicks()
    private var programs: [any Program] = []
    private let valueLimit: Int

    /// - Parameter valueLimit: the most bytes of a value.
    init(_ driver: Driver, valueLimit: Int = 65_536) throws {
        self.driver = driver
        self.valueLimit = valueLimit
        directory = NSTemporaryDirectory() + "coffer-tree-" + UUID().uuidString
        let files = FileManager.default
        try files.createDirectory(atPath: directory + "/m", withIntermediateDirectories: true)
        try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: directory)
        try EmbeddedKeyService.makeKeyFile(at: directory + "/key")
        let made = try EmbeddedKeyService.create(protector: .keyFile(path: directory + "/key"))
        let rows = try SecretsManager.initialRows(
            header: made.header, keys: made.keys, sealedBy: made.service)
        try SQLiteStore.create(at: directory + "/store", holding: rows).close()
        manager = try Self.open(directory, ticks, valueLimit)
        agents = try AgentParent(root: directory + "/m")
        serving = try Serving(manager, driver, at: directory + "/m")
    }

    deinit {
        stop()
        agents.end()
        try? FileManager.default.removeItem(atPath: directory)
    }

    private static func open(_ directory: String, _ ticks: SharedTicks, _ valueLimit: Int) throws
        -> SecretsManager
    {
        let store = try SQLiteStore(opening: directory + "/store")
        let rows = try SecretsManager.keyRows(of: store)
        let keys = try EmbeddedKeyService(
            unlocking: rows.header, keys: rows.keys, with: .keyFile(path: directory + "/key"))
        // Each look at the clock is a second later, so that whatever changed shows in its time.
        var configuration = Configuration(ownerUID: owner) {
            Timestamp(seconds: 1_795_000_000 + ticks.next())
        }
        configuration.valueLimit = valueLimit
        return try SecretsManager.open(
            store: store, keys: keys, auditDirectory: directory + "/audit", users: NoUsers(),
            configuration: configuration
        ).manager
    }

    private func stop() {
        for program in programs { try? program.exit() }
        programs = []
        serving.stop()
        manager.close()
    }

    /// Ends everything and begins anew on the same store, as a restarted daemon does.
    func restart() throws {
        stop()
        manager = try Self.open(directory, ticks, valueLimit)
        serving = try Serving(manager, driver, at: directory + "/m")
    }

    /// A process of some user.
    func program(_ uid: UInt32 = owner, gid: UInt32? = nil, groups: [UInt32] = []) throws -> any Program {
        let body = try agents.makeProgram(uid: uid, gid: gid ?? uid, groups: groups)
        let program: any Program =
            switch serving.kernel {
            case .some(let kernel): KernelProgram(kernel, body: body, uid: uid, gid: gid ?? uid)
            case .none: body
            }
        programs.append(program)
        return program
    }

    /// Waits until no file is open any more: the kernel tells of a last close without waiting for what comes of it.
    func settle() throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while serving.fileSystem.openFileCounts.open > 0 {
            guard ContinuousClock.now < deadline else { throw AgentFailure(what: "leaves files open") }
            // Goes through the same queue as what is waited for.
            _ = try programs.first?.stat("")
        }
    }

    /// Waits until the kernel has been told of every change so far.
    func tell() { serving.session.notifications.flush() }

    /// What the file system said to the operator.
    var log: [String] { serving.log.withLock { $0 } }
    /// What the kernel was told to forget; in process only.
    var notices: [(code: Int32, body: [UInt8])] { serving.kernel?.notices ?? [] }
    var auditLog: String { directory + "/audit/audit.log" }
    var auditDirectory: String { directory + "/audit" }
}

/// One run of the file system: the session, its threads, and the kernel that is played or real.
private final class Serving {
    let fileSystem: CofferFileSystem
    let session: Session
    let kernel: Kernel?
    let log: LogLines
    private let thread: pthread_t

    init(_ manager: SecretsManager, _ driver: Driver, at mountPoint: String) throws {
        let lines = LogLines()
        log = lines
        fileSystem = try CofferFileSystem(manager: manager) { lines.add($0) }
        let options = unsafe MountOptions(
            allowOther: driver == .mounted, maxWrite: CofferFileSystem.maximumTransfer)
        session = try Session(fileSystem: fileSystem, options: options)
        fileSystem.start(notifying: session.notifications)
        switch driver {
        case .inProcess:
            kernel = try Kernel(session)
        case .mounted:
            kernel = nil
            try session.mount(at: mountPoint)
        }
        let session = session
        thread = try PlainThread.start { session.run(threadCount: 2) }
        try kernel?.start()
    }

    func stop() {
        session.requestExit()
        pthread_join(thread, nil)
        session.unmount()
        fileSystem.stop()
    }
}

/// What a file system logs.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])
    func add(_ line: String) { lines.withLock { $0.append(line) } }
    func withLock<Result>(_ body: ([String]) -> Result) -> Result { lines.withLock { body($0) } }
}

/// A machine that knows no names.
private struct NoUsers: PrincipalResolver {
    func uid(ofUser name: String) -> UInt32? { nil }
    func gid(ofGroup name: String) -> UInt32? { nil }
}

/// Seconds that go on by one each time.
final class SharedTicks: Sendable {
    private let ticks = Atomic<Int64>(0)
    func next() -> Int64 { ticks.add(1, ordering: .relaxed).newValue }
}
