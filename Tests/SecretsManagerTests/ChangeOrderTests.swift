import CofferCore
import SecretMemory
import SecretStore
import SecretsManager
import Testing

/// One change that the manager makes, in a vault that the ones before it have prepared.
struct ChangeStep: Sendable, CustomTestStringConvertible {
    /// Its name in the trail.
    let event: String
    let run: @Sendable (Vault, Caller) throws -> Void

    var testDescription: String { event }

    init(_ event: String, _ run: @escaping @Sendable (Vault, Caller) throws -> Void) {
        self.event = event
        self.run = run
    }

    private static let name = (try? SecretName("a"))!

    /// Each kind of change once, in an order in which each has something to change.
    static let all: [ChangeStep] = [
        ChangeStep("CreateSecret") { try $0.create("a", #"{"m":"1"}"#, by: $1) },
        ChangeStep("PutSecretValue") { try $0.put("a", #"{"m":"2"}"#, by: $1) },
        ChangeStep("PutSecretValue") { try $0.put("a", "pending", by: $1, stages: [.pending]) },
        ChangeStep("UpdateSecret") { vault, caller in
            let none: SecretBytes? = nil
            _ = try vault.manager.updateSecret(caller, name: name, description: "of a test", value: none)
        },
        ChangeStep("UpdateSecretVersionStage") { vault, caller in
            let record = try vault.record("a")
            _ = try vault.manager.updateSecretVersionStage(
                caller, name: name, stage: .current, moveTo: record.versions[0].id,
                removeFrom: record.version(labelled: .current)?.id)
        },
        ChangeStep("TagResource") { vault, caller in
            try vault.manager.tagResource(caller, name: name, tags: ["k": "v", "l": "w"])
        },
        ChangeStep("UntagResource") { vault, caller in
            try vault.manager.untagResource(caller, name: name, keys: ["k"])
        },
        ChangeStep("PutResourcePolicy") { vault, caller in
            try vault.manager.addStatement(
                caller, StatementDraft(.allow, [.uid(7)], [.describeSecret]), at: .secret(name))
        },
        ChangeStep("PutStorePolicy") { vault, caller in
            let read = StatementDraft(.allow, [.uid(8)], StatementDraft.readActions, on: ["*"])
            try vault.manager.addStatement(caller, read, at: .store)
        },
        ChangeStep("DeleteResourcePolicy") { vault, caller in
            try vault.manager.deletePolicy(caller, at: .secret(name))
        },
        ChangeStep("PutSecretValue") { vault, caller in
            // A file of the mount: a member that is written.
            let target = DraftTarget(name: name, label: .current, member: "m")
            let file = try SecretBytes(copying: Array("written".utf8).span)
            _ = try vault.manager.commitDraft(caller, target, file: file, base: nil, committed: nil)
        },
        ChangeStep("DeleteSecret") { vault, caller in
            _ = try vault.manager.deleteSecret(caller, name: name)
        },
        ChangeStep("RestoreSecret") { vault, caller in
            _ = try vault.manager.restoreSecret(caller, name: name)
        },
        ChangeStep("DeleteStorePolicy") { try $0.manager.deletePolicy($1, at: .store) },
        ChangeStep("DeleteSecret") { vault, caller in
            _ = try vault.manager.deleteSecret(caller, name: name, force: true)
        },
    ]
}

@Suite("A change is authorized, recorded, done, in this order")
struct ChangeOrderTests {
    @Test("When the store is asked to commit, the trail has the change's record already")
    func recordedFirst() throws {
        let vault = try Vault()
        for step in ChangeStep.all {
            let before = vault.store.commits
            try step.run(vault, Vault.owner)
            #expect(vault.store.commits == before + 1, "\(step.event)")
            let last = try #require(vault.store.lastEvents.last ?? nil)
            #expect(last["eventName"]?.string == step.event)
            #expect(last["errorCode"] == nil, "\(step.event)")
        }
    }

    @Test(
        "Without room for its record a change is refused, and nothing has changed",
        arguments: ChangeStep.all.indices)
    func unrecorded(_ index: Int) throws {
        let vault = try Vault(hasSmallAuditDisk: true)
        for step in ChangeStep.all[..<index] { try step.run(vault, Vault.owner) }
        let before = try vault.everything()
        try vault.fillAuditDisk()
        let commits = vault.store.commits
        let error = #expect(throws: ServiceError.self) { try ChangeStep.all[index].run(vault, Vault.owner) }
        #expect(error?.code == "AuditUnavailableException")
        #expect(vault.store.commits == commits)
        try vault.emptyAuditDisk()
        #expect(try vault.everything() == before)
        try vault.reopen()
        #expect(try vault.everything() == before)
    }

    @Test("Without room for its record nothing is read either")
    func unrecordedReads() throws {
        let vault = try Vault(hasSmallAuditDisk: true)
        try vault.create("a", "x")
        try vault.fillAuditDisk()
        let manager = vault.manager
        let name = try SecretName("a")
        let reads: [() throws -> Void] = [
            { _ = try vault.value("a") },
            { _ = try manager.describeSecret(Vault.owner, name: name) },
            { _ = try manager.listSecretVersionIDs(Vault.owner, name: name, includesDeprecated: true) },
            { _ = try manager.listSecrets(Vault.owner) },
            { _ = try manager.policy(Vault.owner, at: .secret(name)) },
            { _ = try vault.value("absent") },
            { _ = try vault.value("a", by: Vault.root) },
        ]
        for read in reads {
            let error = #expect(throws: ServiceError.self) { try read() }
            #expect(error?.code == "AuditUnavailableException")
        }
    }

    @Test(
        "A refused change leaves one record with the error, and the store alone",
        arguments: ChangeStep.all.indices)
    func refused(_ index: Int) throws {
        let vault = try Vault()
        for step in ChangeStep.all[..<index] { try step.run(vault, Vault.owner) }
        let before = try vault.everything()
        let commits = vault.store.commits
        let count = try vault.events().count
        #expect(throws: ServiceError.self) { try ChangeStep.all[index].run(vault, Vault.root) }
        #expect(vault.store.commits == commits)
        let new = try vault.events()[count...]
        #expect(new.contains { $0["errorCode"]?.string == "AccessDeniedException" }, "\(new.map(\.text))")
        #expect(try vault.everything() == before)
    }
}

@Suite("A store that fails")
struct FailingStoreTests {
    @Test("Whichever commit fails, the change before it stands and the failing one has left nothing")
    func everyCommit() throws {
        var n = 1
        while true {
            let vault = try Vault()
            vault.store.fail(commit: n)
            var failed: Int?
            for (index, step) in ChangeStep.all.enumerated() {
                let before = try vault.everything()
                do {
                    try step.run(vault, Vault.owner)
                } catch let error as ServiceError {
                    #expect(error.code == "InternalServiceError")
                    failed = index
                    #expect(try vault.everything() == before, "in memory, after \(step.event) failed")
                    let last = try #require(
                        try vault.events().last { $0["eventName"]?.string == step.event })
                    #expect(last["errorCode"]?.string == "InternalServiceError", "\(step.event)")
                    try vault.reopen()
                    #expect(try vault.everything() == before, "on the disk, after \(step.event) failed")
                    // The store is whole again: the same change succeeds.
                    try step.run(vault, Vault.owner)
                }
                let after = try vault.everything()
                if failed == index {
                    try vault.reopen()
                    #expect(try vault.everything() == after, "on the disk, after \(step.event)")
                }
            }
            if failed == nil { break }
            n += 1
        }
        #expect(n == ChangeStep.all.count + 1)
    }

    @Test("After each change what is opened anew is what was seen before")
    func reopening() throws {
        let vault = try Vault()
        for step in ChangeStep.all {
            try step.run(vault, Vault.owner)
            let before = try vault.everything()
            try vault.reopen()
            #expect(try vault.everything() == before, "after \(step.event)")
        }
    }
}
