import CofferCore
import Fuse
import Glibc
import SecretsManager
import Testing

@Suite("What stat tells")
struct AttributeTests {
    @Test("A file is the caller's own, with the modes of what they may do", arguments: Driver.allCases)
    func owners(_ driver: Driver) throws {
        let world = try World(driver)
        let version = try world.put("a", "12345")
        try world.put("a", "123456")
        try world.allow(World.alice, on: "a")
        try world.allow(World.bob, actions: [.describeSecret], on: "a")
        try world.allow(2003, actions: [.describeSecret, .putSecretValue], on: "a")
        func shown(_ uid: UInt32, _ path: String) throws -> [Int] {
            let status = try world.program(uid, gid: uid + 1).stat(path)
            return [Int(status.uid), Int(status.gid), Int(status.permissions), status.size]
        }
        let owner = Int(World.owner)
        let alice = Int(World.alice)
        #expect(try shown(World.owner, "a/current/value") == [owner, owner + 1, 0o600, 6])
        #expect(try shown(World.owner, "a/previous/value") == [owner, owner + 1, 0o400, 5])
        #expect(try shown(World.owner, "a/versions/\(version)/value") == [owner, owner + 1, 0o400, 5])
        #expect(try shown(World.alice, "a/current/value") == [alice, alice + 1, 0o400, 6])
        #expect(try shown(World.bob, "a/current/value") == [owner, 0, 0, 0])
        #expect(try shown(2003, "a/current/value") == [2003, 2004, 0o200, 0])
        #expect(try shown(World.bob, "a/metadata.json")[...2] == [owner, 0, 0o444])
        let directory = try world.program(World.alice).stat("a/current")
        #expect(directory.isDirectory && directory.permissions == 0o555 && directory.uid == World.owner)
        #expect(try world.program(World.alice).stat("a/current/value").links == 1)
    }

    @Test("mtime is when the version was made, ctime when its label last moved", arguments: Driver.allCases)
    func times(_ driver: Driver) throws {
        let world = try World(driver)
        let first = try world.put("a", "one")
        let second = try world.put("a", "two")
        let owner = try world.program()
        let record = try world.record("a")
        let made = try #require(record.version(labelled: .current))
        let status = try owner.stat("a/current/value")
        #expect(status.modified == Int(made.created.seconds) * 1_000_000_000)
        try world.move(.current, of: "a", to: first)
        let back = try owner.stat("a/current/value")
        #expect(back.modified < status.modified)
        #expect(back.changed > status.changed)
        #expect(try owner.stat("a/versions/\(second)/value").modified == status.modified)
        #expect(try owner.stat("a/current/value") == back, "a look changed something")
    }

    @Test("access answers as the modes say", arguments: Driver.allCases)
    func access(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", "x")
        try world.put("a", "y")
        try world.allow(World.alice, on: "a")
        try world.allow(World.bob, actions: [.describeSecret], on: "a")
        let owner = try world.program()
        let alice = try world.program(World.alice)
        let bob = try world.program(World.bob)
        try owner.access("a/current/value", R_OK | W_OK)
        try owner.access("a/previous/value", R_OK)
        #expect(try refusal { try owner.access("a/previous/value", W_OK) } == .permissionDenied)
        #expect(try refusal { try owner.access("a/current/value", X_OK) } == .permissionDenied)
        try alice.access("a/current/value", R_OK)
        #expect(try refusal { try alice.access("a/current/value", W_OK) } == .permissionDenied)
        try bob.access("a/current/value", F_OK)
        #expect(try refusal { try bob.access("a/current/value", R_OK) } == .permissionDenied)
        try bob.access("a/metadata.json", R_OK)
        try bob.access("a/current", R_OK | X_OK)
    }

    @Test("Setting what is there already succeeds, and anything else is refused", arguments: Driver.allCases)
    func setting(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", "x")
        let owner = try world.program()
        let before = try owner.stat("a/current/value")
        try owner.chmod("a/current/value", 0o600)
        try owner.chown("a/current/value", uid: World.owner, gid: World.owner)
        try owner.utimens("a/current/value", 1_000_000_000_000_000_000)
        #expect(try owner.stat("a/current/value") == before)
        #expect(try refusal { try owner.chmod("a/current/value", 0o644) } == .notPermitted)
        let root = try world.program(0)
        try world.allow(0, on: "a")
        #expect(
            try refusal { try root.chown("a/current/value", uid: World.bob, gid: World.bob) } == .notPermitted
        )
        #expect(try owner.stat("a/current/value") == before)
        #expect(try world.versions("a") == 1)
    }
}
