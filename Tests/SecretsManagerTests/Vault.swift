import CofferCore
import Foundation
import KeyService
import SecretMemory
import SecretStore
import SecretsManager
import Synchronization
import Testing

/// A store of one test's own and its manager: real SQLite behind a door for faults, real keys, a real trail.
final class Vault {
    static let owner = Caller(uid: 1000, gid: 1000, pid: 0, groups: [], door: .socket)
    static let alice = Caller(uid: 2001, gid: 2001, pid: 0, groups: [], door: .socket)
    static let root = Caller(uid: 0, gid: 0, pid: 0, groups: [], door: .socket)

    let directory: String
    let clock = Clock()
    private(set) var store: WatchedStore
    private(set) var manager: SecretsManager
    private let hasDisk: Bool

    /// - Parameter hasSmallAuditDisk: the trail lies on a file system of its own that can be filled. Takes root.
    init(hasSmallAuditDisk: Bool = false) throws {
        directory = NSTemporaryDirectory() + "coffer-manager-" + UUID().uuidString
        hasDisk = hasSmallAuditDisk
        try FileManager.default.createDirectory(
            atPath: directory + "/audit", withIntermediateDirectories: true)
        if hasDisk {
            try Self.run(
                "/bin/mount", ["-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs", directory + "/audit"])
        }
        try EmbeddedKeyService.makeKeyFile(at: directory + "/key")
        let made = try EmbeddedKeyService.create(protector: .keyFile(path: directory + "/key"))
        let rows = try SecretsManager.initialRows(
            header: made.header, keys: made.keys, sealedBy: made.service)
        try SQLiteStore.create(at: directory + "/store", holding: rows).close()
        (store, manager) = try Self.open(directory, clock)
    }

    deinit {
        manager.close()
        if hasDisk { try? Self.run("/bin/umount", ["--lazy", directory + "/audit"]) }
        try? FileManager.default.removeItem(atPath: directory)
    }

    private static func open(
        _ directory: String, _ clock: Clock, journal: (any RequestJournal)? = nil
    ) throws -> (WatchedStore, SecretsManager) {
        let store = WatchedStore(
            over: try SQLiteStore(opening: directory + "/store"), trail: directory + "/audit/audit.log")
        let rows = try SecretsManager.keyRows(of: store)
        let keys = try EmbeddedKeyService(
            unlocking: rows.header, keys: rows.keys, with: .keyFile(path: directory + "/key"))
        var configuration = Configuration(ownerUID: owner.uid) { clock.next() }
        configuration.journal = journal
        let opened = try SecretsManager.open(
            store: store, keys: keys, auditDirectory: directory + "/audit", users: NoUsers(),
            configuration: configuration)
        #expect(opened.damage.isEmpty && opened.warnings.isEmpty)
        return (store, opened.manager)
    }

    /// Closes everything, and opens what is on the disk.
    func reopen(journal: (any RequestJournal)? = nil) throws {
        manager.close()
        (store, manager) = try Self.open(directory, clock, journal: journal)
    }

    private static func run(_ program: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.currentDirectoryURL = URL(filePath: "/")
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(program) failed")
    }

    /// Leaves the trail no room. Of a file's last page some is left: looks fill it.
    func fillAuditDisk() throws {
        let path = directory + "/audit/ballast"
        #expect(FileManager.default.createFile(atPath: path, contents: nil))
        let file = try #require(FileHandle(forWritingAtPath: path))
        while (try? file.write(contentsOf: Data(count: 4096))) != nil {}
        try file.close()
        for _ in 0..<100 {
            do {
                _ = try manager.listSecrets(Self.owner)
            } catch {
                return
            }
        }
        Issue.record("the trail takes records without end")
    }

    /// Gives the trail its room back.
    func emptyAuditDisk() throws {
        try FileManager.default.removeItem(atPath: directory + "/audit/ballast")
    }

    /// The records of the trail, oldest first.
    func events() throws -> [JSONValue] { try store.events() }

    // MARK: Short forms

    @discardableResult
    func create(_ name: String, _ text: String, by caller: Caller = owner, token: VersionID? = nil) throws
        -> WrittenVersion
    {
        var new = NewSecret(name: try SecretName(name))
        new.token = token
        let value: SecretBytes? = try SecretBytes(copying: Array(text.utf8).span)
        return try manager.createSecret(caller, new, value: value)
    }

    @discardableResult
    func put(
        _ name: String, _ text: String, by caller: Caller = owner, stages: [StagingLabel] = [],
        token: VersionID? = nil
    ) throws -> WrittenVersion {
        let value = try SecretBytes(copying: Array(text.utf8).span)
        return try manager.putSecretValue(
            caller, name: try SecretName(name), value: value, stages: stages, token: token)
    }

    func value(
        _ name: String, _ label: StagingLabel? = nil, id: VersionID? = nil, by caller: Caller = owner
    ) throws -> String {
        let opened = try manager.getSecretValue(
            caller, name: try SecretName(name), versionID: id, stage: label)
        let value = try manager.readAll(opened)
        return value.withBytes { bytes in
            String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
        }
    }

    func record(_ name: String) throws -> SecretRecord {
        let serial = try #require(manager.serial(named: try SecretName(name)), "there is no '\(name)'")
        return try #require(manager.record(serial))
    }

    func allow(_ caller: Caller, _ actions: [Action], on pattern: String) throws {
        try manager.addStatement(
            Self.owner, StatementDraft(.allow, [.uid(caller.uid)], actions, on: [pattern]), at: .store)
    }

    func deny(_ caller: Caller, _ actions: [Action], on pattern: String) throws {
        try manager.addStatement(
            Self.owner, StatementDraft(.deny, [.uid(caller.uid)], actions, on: [pattern]), at: .store)
    }

    /// All that is kept: records, values and the store's policy. Looking is recorded, and else changes nothing.
    func everything() throws -> Everything {
        var values: [String: String] = [:]
        var records: [SecretRecord] = []
        for found in try manager.listSecrets(Self.owner, includesPlannedDeletion: true) {
            // The day of the last read is kept with the next change only.
            var record = found.record
            record.lastAccessedDay = 0
            records.append(record)
            guard record.deletion == nil else { continue }
            for version in record.versions {
                values["\(record.name) \(version.id)"] = try value(record.name.text, id: version.id)
            }
        }
        return Everything(
            records: records, values: values, policy: try manager.policy(Self.owner, at: .store))
    }
}

/// What a vault holds.
struct Everything: Equatable {
    var records: [SecretRecord]
    var values: [String: String]
    var policy: String?
}

/// A clock that goes on by a second at each look, and can be put forward.
final class Clock: Sendable {
    private let seconds = Mutex<Int64>(1_795_000_000)
    func next() -> Timestamp {
        Timestamp(
            seconds: seconds.withLock {
                $0 += 1
                return $0
            })
    }
    func advance(days: Int64) { seconds.withLock { $0 += days * 86_400 } }
}

/// A machine that knows no names.
private struct NoUsers: PrincipalResolver {
    func uid(ofUser name: String) -> UInt32? { nil }
    func gid(ofGroup name: String) -> UInt32? { nil }
}

/// A store that fails the N-th commit, and notes what stands in the trail when a commit comes.
final class WatchedStore: SecretStore {
    private struct State {
        var commits = 0
        var failing: Int?
        var lastEvents: [JSONValue?] = []
    }

    private let store: any SecretStore
    private let trail: String
    private let state = Mutex(State())

    init(over store: any SecretStore, trail: String) {
        self.store = store
        self.trail = trail
    }

    /// Lets the `n`-th commit from now fail, counted from 1.
    func fail(commit n: Int) { state.withLock { $0.failing = $0.commits + n } }

    /// How many commits were asked for.
    var commits: Int { state.withLock { $0.commits } }
    /// The newest record of the trail at each of them.
    var lastEvents: [JSONValue?] { state.withLock { $0.lastEvents } }

    func events() throws -> [JSONValue] {
        try String(contentsOfFile: trail, encoding: .utf8).split(separator: "\n").map {
            try JSONValue(parsing: Array($0.utf8))
        }
    }

    func commit(_ transaction: Transaction) throws(StoreError) {
        let last = (try? events())?.last
        let fails = state.withLock { state in
            state.commits += 1
            state.lastEvents.append(last)
            return state.commits == state.failing
        }
        if fails { throw .io("a test") }
        try store.commit(transaction)
    }

    func records(of kind: RecordKind, _ body: (Record) throws -> Void) throws {
        try store.records(of: kind, body)
    }
    func record(_ id: RecordID) throws(StoreError) -> Record? { try store.record(id) }
    func value(_ id: ValueID) throws(StoreError) -> [UInt8]? { try store.value(id) }
    func watch(_ handler: @escaping @Sendable (StoreChange) -> Void) -> WatchToken { store.watch(handler) }
    func integrityCheck() throws(StoreError) -> [String] { try store.integrityCheck() }
    var damagedParts: [String] { store.damagedParts }
    func close() { store.close() }
    func leave() { store.leave() }
}
