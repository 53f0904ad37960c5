import CofferCore
import Foundation
import KeyService
import SecretMemory
import SecretsManager

// What a test does beside the mount, as the command does it through the socket; the kernel is told before it goes on.
extension World {
    var caller: Caller { Caller(uid: Self.owner, gid: Self.owner, pid: 0, groups: [], door: .socket) }

    /// Makes a secret, or gives one a new version; tells the version's id.
    @discardableResult
    func put(_ name: String, _ text: String, stages: [StagingLabel] = []) throws -> String {
        defer { tell() }
        let name = try SecretName(name)
        let written: WrittenVersion
        if manager.serial(named: name) != nil {
            let value = try SecretBytes(copying: Array(text.utf8).span)
            written = try manager.putSecretValue(caller, name: name, value: value, stages: stages)
        } else {
            let value: SecretBytes? = try SecretBytes(copying: Array(text.utf8).span)
            written = try manager.createSecret(caller, NewSecret(name: name), value: value)
        }
        guard let version = written.version else { throw AgentFailure(what: "made no version") }
        return version.id.text
    }

    func move(_ label: StagingLabel, of name: String, to version: String?) throws {
        defer { tell() }
        let record = try record(name)
        _ = try manager.updateSecretVersionStage(
            caller, name: try SecretName(name), stage: label, moveTo: version.flatMap { VersionID($0) },
            removeFrom: record.version(labelled: label)?.id)
    }

    /// Lets users do something with the secrets of a pattern; everybody, if none is named.
    func allow(_ uids: UInt32..., actions: [Action] = StatementDraft.readActions, on pattern: String) throws {
        try add(.allow, uids, actions, pattern)
    }

    func deny(_ uids: UInt32..., actions: [Action] = StatementDraft.readActions, on pattern: String) throws {
        try add(.deny, uids, actions, pattern)
    }

    private func add(_ effect: PolicyEffect, _ uids: [UInt32], _ actions: [Action], _ pattern: String) throws
    {
        defer { tell() }
        let principals: [PolicyPrincipal] = uids.isEmpty ? [.any] : uids.map { .uid($0) }
        try manager.addStatement(
            caller, StatementDraft(effect, principals, actions, on: [pattern]), at: .store)
    }

    func delete(_ name: String) throws {
        defer { tell() }
        _ = try manager.deleteSecret(caller, name: try SecretName(name))
    }

    func restore(_ name: String) throws {
        defer { tell() }
        _ = try manager.restoreSecret(caller, name: try SecretName(name))
    }

    func record(_ name: String) throws -> SecretRecord {
        guard let serial = manager.serial(named: try SecretName(name)), let record = manager.record(serial)
        else { throw AgentFailure(what: "has no secret '\(name)'") }
        return record
    }

    func exists(_ name: String) throws -> Bool {
        guard let serial = manager.serial(named: try SecretName(name)) else { return false }
        return manager.record(serial)?.deletion == nil
    }

    /// How many versions a secret has; 0 where there is none.
    func versions(_ name: String) throws -> Int {
        guard manager.serial(named: try SecretName(name)) != nil else { return 0 }
        return try record(name).versions.count
    }

    /// The value that bears a label, as the owner gets it through the socket.
    func value(_ name: String, _ label: StagingLabel = .current) throws -> String {
        let opened = try manager.getSecretValue(
            caller, name: try SecretName(name), versionID: nil, stage: label)
        let value = try manager.readAll(opened)
        return value.withBytes { bytes in
            String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
        }
    }
}

extension World {
    /// Makes a secret without a version.
    func makeEmpty(_ name: String) throws {
        defer { tell() }
        let none: SecretBytes? = nil
        _ = try manager.createSecret(caller, NewSecret(name: try SecretName(name)), value: none)
    }

    /// Lets a group read.
    func allowGroup(_ gid: UInt32, on pattern: String) throws {
        defer { tell() }
        try manager.addStatement(
            caller, StatementDraft(.allow, [.gid(gid)], StatementDraft.readActions, on: [pattern]), at: .store
        )
    }
}

extension World {
    /// The records of the audit trail, oldest first.
    func auditEvents() throws -> [JSONValue] {
        try String(contentsOfFile: auditLog, encoding: .utf8).split(separator: "\n").map {
            try JSONValue(parsing: Array($0.utf8))
        }
    }
}

extension World {
    /// Puts the default key into a state. The store's row stays as it is: it is for the time until the restart.
    func setKey(_ state: KeyState) throws {
        try keys.adopt(try keys.record(of: keys.defaultKeyID, in: state))
    }
}

extension World {
    /// Has each read of a secret decided anew.
    func makeStrict(_ name: String) throws {
        defer { tell() }
        try manager.putFileSettings(caller, name: try SecretName(name), FileSettingsChange(isStrict: true))
    }
}
