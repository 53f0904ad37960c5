import AuditTrail
import CofferCore
import Foundation
import SecretMemory
import Testing

/// A directory of its own for one test, removed at the end.
final class Workspace: Sendable {
    let path: String
    static let trailID: [UInt8] = (0..<16).map { 0xA0 + $0 }

    init() throws {
        var template = Array((NSTemporaryDirectory() + "/coffer-audit-XXXXXX").utf8CString)
        path = try #require(unsafe mkdtemp(&template).map { unsafe String(cString: $0) })
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var directory: String { path + "/trail" }
    var log: String { directory + "/audit.log" }
    var head: String { directory + "/audit.head" }

    static func key(_ byte: UInt8 = 7) throws -> SymmetricKey {
        try SymmetricKey(copying: [UInt8](repeating: byte, count: 32).span)
    }

    func open(expecting: Checkpoint? = nil, trailID: [UInt8] = trailID) throws -> AuditTrail {
        try AuditTrail(
            directory: directory, key: Self.key(), trailID: trailID, expecting: expecting)
    }

    /// Checks the trail from outside, while nobody has it open.
    func verify(expecting: Checkpoint? = nil) throws -> VerificationReport {
        try AuditTrail.verify(
            directory: directory, key: Self.key(), trailID: Self.trailID, expecting: expecting)
    }

    /// Makes a trail of `count` records, closes it, and gives its last one.
    @discardableResult
    func fill(_ count: Int) throws -> Checkpoint {
        let trail = try open()
        for number in 0..<count { try trail.append(.sample(number)) }
        return trail.checkpoint
    }

    var lines: [String] {
        get throws {
            try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").map(String.init)
        }
    }

    func write(_ lines: [String]) throws {
        let text = lines.map { $0 + "\n" }.joined()
        try Data(text.utf8).write(to: URL(fileURLWithPath: log))
    }

    func appendToLog(_ text: String) throws {
        let handle = try #require(FileHandle(forWritingAtPath: log))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(text.utf8))
        try handle.close()
    }
}

extension AuditEvent {
    /// An event with all its fields, the number in the secret's name.
    static func sample(_ number: Int) -> AuditEvent {
        AuditEvent(
            time: Timestamp(milliseconds: 1_795_000_000_000 + Int64(number)), name: "GetSecretValue",
            source: "secretsmanager", caller: Caller(uid: 33, gid: 34, pid: 4711, door: .mount),
            executable: "/bin/cat", secretID: "prod/db\(number)", versionID: "v-1",
            versionStage: "AWSCURRENT", member: "password", errorCode: "AccessDenied",
            errorMessage: "not allowed", requestID: UInt64(number), isReadOnly: true)
    }
}
