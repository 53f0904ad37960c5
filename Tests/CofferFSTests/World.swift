import CofferCore
import CofferFS
import Foundation
import Fuse
import KeyService
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
    private var opened: OpenedTree
    private var serving: Serving
    private var isServing = true
    private let agents: AgentParent
    private let directory: WorldDirectory
    private var programs: [any Program] = []
    private var watcher: (any Program)?

    /// - Parameter hasSmallAuditDisk: the trail lies on a file system of its own that can be filled.
    init(_ driver: Driver, hasSmallAuditDisk: Bool = false) throws {
        self.driver = driver
        directory = try WorldDirectory()
        if hasSmallAuditDisk { try directory.makeAuditDisk() }
        opened = try OpenedTree(directory)
        agents = try AgentParent(root: directory.mountPoint)
        serving = try Serving(opened.manager, driver, at: directory.mountPoint)
    }

    deinit {
        stop()
        agents.end()
    }

    private func stop() {
        guard isServing else { return }
        isServing = false
        for program in programs { try? program.exit() }
        programs = []
        watcher = nil
        serving.stop()
        opened.manager.close()
    }

    /// Ends everything and begins anew on the same store, as a restarted daemon does. Programs don't outlive it.
    func restart(_ configure: (inout Configuration) -> Void = { _ in }) throws {
        stop()
        opened = try OpenedTree(directory, configure)
        serving = try Serving(opened.manager, driver, at: directory.mountPoint)
        isServing = true
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

    /// Makes a child, which ends with the world.
    func fork(_ program: any Program) throws -> any Program {
        let child = try program.fork()
        programs.append(child)
        return child
    }

    /// Waits until no more files are open than should be: the kernel tells of a last close without waiting for what comes
    /// of it.
    func settle(openFiles count: Int = 0) throws {
        guard serving.fileSystem.openFileCounts.open > count else { return }
        let watcher = try watcher ?? program()
        self.watcher = watcher
        let deadline = ContinuousClock.now + .seconds(60)
        while serving.fileSystem.openFileCounts.open > count {
            guard ContinuousClock.now < deadline else { throw AgentFailure(what: "leaves files open") }
            // Goes through the same queue as what is waited for.
            _ = try watcher.stat("")
        }
    }

    /// Waits until the kernel has been told of every change so far. The played one keeps nothing, and takes what it is
    /// told with the next answer.
    func tell() {
        if driver == .mounted { serving.session.notifications.flush() }
    }

    var manager: SecretsManager { opened.manager }
    /// The doors of the store that a test can shut.
    var store: FaultyStore { opened.store }
    var keys: EmbeddedKeyService { opened.keys }
    /// What the file system said to the operator.
    var log: [String] { serving.log.all }
    var auditLog: String { directory.audit + "/audit.log" }

    /// Leaves the audit trail no room to grow. Mounts, so it takes root.
    func fillAuditDisk() throws { try directory.fillAuditDisk() }
}

/// The files of one test, removed with everything at the end.
final class WorldDirectory {
    let path: String
    private let clock = SharedTicks()
    private var hasDisk = false

    init() throws {
        path = NSTemporaryDirectory() + "coffer-tree-" + UUID().uuidString
        let files = FileManager.default
        try files.createDirectory(atPath: mountPoint, withIntermediateDirectories: true)
        try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        try files.createDirectory(atPath: audit, withIntermediateDirectories: false)
        try EmbeddedKeyService.makeKeyFile(at: key)
        let made = try EmbeddedKeyService.create(protector: .keyFile(path: key))
        let rows = try SecretsManager.initialRows(
            header: made.header, keys: made.keys, sealedBy: made.service)
        try SQLiteStore.create(at: store, holding: rows).close()
    }

    deinit {
        if hasDisk { try? Self.run("/bin/umount", ["--lazy", audit]) }
        try? FileManager.default.removeItem(atPath: path)
    }

    var mountPoint: String { path + "/m" }
    var store: String { path + "/store" }
    var audit: String { path + "/audit" }
    var key: String { path + "/key" }

    /// The settings that a daemon of the owner's would have.
    func configuration() -> Configuration {
        let ticks = clock
        // Each look at the clock is a second later, so that whatever changed shows in its time.
        return Configuration(ownerUID: World.owner) { Timestamp(seconds: 1_795_000_000 + ticks.next()) }
    }

    /// Gives the trail a small file system of its own; it must not be open.
    func makeAuditDisk() throws {
        try Self.run("/bin/mount", ["-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs", audit])
        hasDisk = true
    }

    /// Fills that file system, whoever has files open there. What is left of a file's last page can still be written.
    func fillAuditDisk() throws {
        let ballast = FileManager.default.createFile(atPath: audit + "/ballast", contents: nil)
        guard ballast, let file = FileHandle(forWritingAtPath: audit + "/ballast") else {
            throw AgentFailure(what: "has no room for ballast")
        }
        let page = Data(count: 4096)
        while (try? file.write(contentsOf: page)) != nil {}
        try file.close()
    }

    private static func run(_ program: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.currentDirectoryURL = URL(filePath: "/")
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw AgentFailure(what: "can't run \(program)") }
    }
}

/// A store that was opened and unlocked, and its manager.
struct OpenedTree {
    let manager: SecretsManager
    let store: FaultyStore
    let keys: EmbeddedKeyService

    init(_ directory: WorldDirectory, _ configure: (inout Configuration) -> Void = { _ in }) throws {
        var configuration = directory.configuration()
        configure(&configuration)
        store = FaultyStore(
            over: try SQLiteStore(
                opening: directory.store, readOnly: configuration.servesDespiteDamage))
        let rows = try SecretsManager.keyRows(of: store)
        keys = try EmbeddedKeyService(
            unlocking: rows.header, keys: rows.keys, with: .keyFile(path: directory.key))
        manager = try SecretsManager.open(
            store: store, keys: keys, auditDirectory: directory.audit, users: NoUsers(),
            configuration: configuration
        ).manager
    }
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
private final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])
    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
}

/// A machine that knows no names.
private struct NoUsers: PrincipalResolver {
    func uid(ofUser name: String) -> UInt32? { nil }
    func gid(ofGroup name: String) -> UInt32? { nil }
}

/// Seconds that go on by one each time.
private final class SharedTicks: Sendable {
    private let ticks = Atomic<Int64>(0)
    func next() -> Int64 { ticks.add(1, ordering: .relaxed).newValue }
}
