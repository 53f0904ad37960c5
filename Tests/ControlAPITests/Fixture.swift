import AuditTrail
import CofferCore
import ControlAPI
import ControlSocket
import Foundation
import KeyService
import SecretMemory
import SecretStore
import SecretsManager
import Synchronization

/// A store of one test's own behind the API: real SQLite, real keys, a real trail.
final class Fixture {
    static let owner: UInt32 = 1000
    static let alice: UInt32 = 2001
    static let bob: UInt32 = 2002

    let api: ControlAPI
    let manager: SecretsManager
    private let directory: String

    init() throws {
        directory = NSTemporaryDirectory() + "coffer-api-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        try EmbeddedKeyService.makeKeyFile(at: directory + "/key")
        let made = try EmbeddedKeyService.create(protector: .keyFile(path: directory + "/key"))
        let rows = try SecretsManager.initialRows(
            header: made.header, keys: made.keys, sealedBy: made.service)
        let store = try SQLiteStore.create(at: directory + "/store", holding: rows)
        // Each look at the clock is a second later, so that orders by time are the orders of making.
        let shared = SharedTicks()
        let configuration = Configuration(ownerUID: Self.owner) {
            Timestamp(seconds: 1_795_000_000 + shared.next())
        }
        manager = try SecretsManager.open(
            store: store, keys: made.service, auditDirectory: directory + "/audit", users: FakeUsers(),
            configuration: configuration
        ).manager
        api = ControlAPI(manager: manager) { ["MountPoint": "/secrets"] }
    }

    deinit {
        manager.close()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Where the audit trail lies.
    var auditLog: String { directory + "/audit/audit.log" }

    /// Asks as some user, with a message without a value.
    @discardableResult
    func call(_ operation: String, _ message: JSONValue = .object([]), as uid: UInt32 = owner) throws
        -> Answer
    {
        try call(operation, text: message.text, as: uid)
    }

    /// Asks with a message as it stands. An operation without a service is AWS's.
    func call(_ operation: String, text: String, as uid: UInt32 = owner) throws -> Answer {
        let target = operation.contains(".") ? operation : "secretsmanager." + operation
        let body = try SecretBytes(copying: Array(text.utf8).span)
        let caller = Caller(uid: uid, gid: uid, pid: 0, groups: [], door: .socket)
        let response = api.handle(ControlRequest(caller: caller, target: target, body: body))
        let bytes = response.body.withBytes { span in span.indices.map { span[$0] } }
        return Answer(
            status: response.status, errorType: response.errorType, json: try JSONValue(parsing: bytes))
    }

    /// Makes a secret with a text as its value, and gives the version's id.
    @discardableResult
    func make(_ name: String, _ value: String = "swordfish") throws -> String {
        let answer = try call("CreateSecret", ["Name": .string(name), "SecretString": .string(value)])
        guard let version = answer.json["VersionId"]?.string else { throw Unexpected(answer) }
        return version
    }

    /// Lets a user do something with the secrets of a pattern.
    func allow(_ uid: UInt32, _ actions: [String], on pattern: String) throws {
        let answer = try call(
            "coffer.AddStatement",
            [
                "Effect": "Allow", "Principals": [.string("uid:\(uid)")],
                "Actions": .array(actions.map { .string($0) }), "Resources": [.string(pattern)],
            ])
        guard answer.status == 200 else { throw Unexpected(answer) }
    }

    /// The labels of each version.
    func stages(_ name: String) throws -> [String: Set<String>] {
        let secret = try call("DescribeSecret", ["SecretId": .string(name)]).json
        var stages: [String: Set<String>] = [:]
        for version in secret["VersionIdsToStages"]?.object ?? [] {
            stages[version.name] = Set(version.value.array?.compactMap(\.string) ?? [])
        }
        return stages
    }
}

/// What came back: the status, and the body as JSON.
struct Answer {
    let status: Int
    let errorType: String?
    let json: JSONValue

    /// The error's name; nil for a success.
    var error: String? { json["__type"]?.string }
    var message: String { json["message"]?.string ?? "" }

    /// The names in a list of secrets.
    var names: [String] { json["SecretList"]?.array?.compactMap { $0["Name"]?.string } ?? [] }
}

/// An answer that a test could not go on with.
struct Unexpected: Error {
    let answer: Answer
    init(_ answer: Answer) { self.answer = answer }
}

/// The machine knows alice, bob and the group staff.
struct FakeUsers: PrincipalResolver {
    func uid(ofUser name: String) -> UInt32? { ["alice": Fixture.alice, "bob": Fixture.bob][name] }
    func gid(ofGroup name: String) -> UInt32? { name == "staff" ? 3000 : nil }
}

/// Seconds that go on by one each time.
final class SharedTicks: Sendable {
    private let ticks = Atomic<Int64>(0)
    func next() -> Int64 { ticks.add(1, ordering: .relaxed).newValue }
}
