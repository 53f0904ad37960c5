import CofferCore
import SecretStore
import SecretsManager
import Testing

@Suite("The life of a secret")
struct LifeTests {
    @Test("Whatever is put, moved and rolled back, the labels stand as AWS says")
    func labels() throws {
        let vault = try Vault()
        var random = SystemRandomNumberGenerator()
        // The versions by their labels, as they should be.
        var expected: [StagingLabel: VersionID] = [:]
        var ids: [VersionID] = []
        func moveCurrent(to id: VersionID) {
            if expected[.current] != id { expected[.previous] = expected[.current] }
            expected[.current] = id
        }
        let first = try #require(try vault.create("a", "0").version).id
        ids.append(first)
        moveCurrent(to: first)
        for step in 1...150 {
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                let made = try #require(try vault.put("a", "\(step)").version).id
                ids.append(made)
                moveCurrent(to: made)
            case 1:
                let label = [StagingLabel.pending, try StagingLabel("canary")].randomElement(using: &random)!
                let made = try #require(try vault.put("a", "\(step)", stages: [label]).version).id
                ids.append(made)
                expected[label] = made
            case 2:
                let known = Set(try vault.record("a").versions.map(\.id))
                let target = ids.filter(known.contains).randomElement(using: &random)!
                let label = [StagingLabel.current, .current, .pending].randomElement(using: &random)!
                _ = try vault.manager.updateSecretVersionStage(
                    Vault.owner, name: try SecretName("a"), stage: label, moveTo: target,
                    removeFrom: expected[label])
                if label == .current { moveCurrent(to: target) } else { expected[label] = target }
            default:
                guard let holder = expected[.pending] else { continue }
                _ = try vault.manager.updateSecretVersionStage(
                    Vault.owner, name: try SecretName("a"), stage: .pending, moveTo: nil, removeFrom: holder)
                expected[.pending] = nil
            }
            var stages: [StagingLabel: VersionID] = [:]
            for (label, version) in try vault.record("a").labels {
                #expect(stages.updateValue(version.id, forKey: label) == nil, "\(label) is there twice")
            }
            #expect(stages == expected, "after step \(step)")
        }
    }

    @Test("100 versions are kept; the oldest without a label goes, and its value with it")
    func manyVersions() throws {
        let vault = try Vault()
        let first = try #require(try vault.create("a", "v1").version)
        let second = try #require(try vault.put("a", "v2").version)
        _ = try vault.manager.updateSecretVersionStage(
            Vault.owner, name: try SecretName("a"), stage: try StagingLabel("keep"), moveTo: first.id,
            removeFrom: nil)
        for number in 3...105 { try vault.put("a", "v\(number)") }
        let record = try vault.record("a")
        #expect(record.versions.count == 100)
        #expect(record.versions.map(\.sequence) == [1] + (7...105).map { UInt32($0) })
        #expect(try vault.value("a", id: first.id) == "v1")
        #expect(throws: ServiceError.self) { try vault.value("a", id: second.id) }
        #expect(try vault.store.value(ValueID(secret: record.serial, version: 2)) == nil)
        #expect(try vault.store.value(ValueID(secret: record.serial, version: 7)) != nil)
        try vault.reopen()
        #expect(try vault.record("a").versions.count == 100)
        #expect(try vault.value("a") == "v105" && vault.value("a", .previous) == "v104")
    }

    @Test("A token that was used is the same request after a restart too")
    func tokens() throws {
        let vault = try Vault()
        let token = try #require(VersionID("0123456789abcdef0123456789abcdef"))
        let other = try #require(VersionID("fedcba9876543210fedcba9876543210"))
        try vault.create("a", "one", token: token)
        try vault.put("a", "two", token: other)
        try vault.reopen()
        let commits = vault.store.commits
        #expect(try vault.create("a", "one", token: token).version?.id == token)
        #expect(try vault.put("a", "two", token: other).version?.id == other)
        #expect(try vault.put("a", "one", token: token).version?.id == token)
        #expect(vault.store.commits == commits)
        #expect(try vault.value("a") == "two")
        let error = #expect(throws: ServiceError.self) { try vault.put("a", "three", token: other) }
        #expect(error?.code == "ResourceExistsException")
        #expect(try vault.record("a").versions.count == 2)
    }

    @Test("A deleted secret is gone when its window has passed, and not a moment before")
    func window() throws {
        let vault = try Vault()
        let serial = try vault.create("a", "x").secret
        try vault.create("b", "y")
        let name = try SecretName("a")
        _ = try vault.manager.deleteSecret(Vault.owner, name: name, recoveryWindowDays: 7)
        for _ in 0..<2 {
            vault.clock.advance(days: 3)
            #expect(try vault.manager.deleteExpiredSecrets() == 0)
            try vault.reopen()
        }
        let error = #expect(throws: ServiceError.self) { try vault.create("a", "z") }
        #expect(error?.code == "InvalidRequestException")
        _ = try vault.manager.restoreSecret(Vault.owner, name: name)
        #expect(try vault.value("a") == "x")
        _ = try vault.manager.deleteSecret(Vault.owner, name: name, recoveryWindowDays: 7)
        vault.clock.advance(days: 8)
        #expect(try vault.manager.deleteExpiredSecrets() == 1)
        #expect(vault.manager.serial(named: name) == nil)
        #expect(try vault.store.value(ValueID(secret: serial, version: 1)) == nil)
        #expect(try vault.events().last?["eventName"]?.string == "EndSecretVersionDelete")
        #expect(throws: ServiceError.self) { try vault.manager.restoreSecret(Vault.owner, name: name) }
        try vault.reopen()
        #expect(try vault.value("b") == "y")
        // The name is free; the number is never given again.
        #expect(try vault.create("a", "z").secret > serial)
    }

    @Test("What is done to a secret that waits for its deletion is refused, but to restore it")
    func pendingDeletion() throws {
        let vault = try Vault()
        try vault.create("a", "x")
        _ = try vault.manager.deleteSecret(Vault.owner, name: try SecretName("a"))
        let before = try vault.everything()
        let refused = [1, 2, 3, 4, 5, 6, 10, 11]
        for index in refused {
            #expect(throws: ServiceError.self, "\(ChangeStep.all[index].event)") {
                try ChangeStep.all[index].run(vault, Vault.owner)
            }
        }
        #expect(throws: ServiceError.self) { try vault.value("a") }
        #expect(try vault.everything() == before)
    }
}
