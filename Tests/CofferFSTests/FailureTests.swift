import CofferCore
import Fuse
import Glibc
import KeyService
import SecretStore
import SecretsManager
import Testing

@Suite("When something fails")
struct FailureTests {
    @Test(
        "A secret whose key is disabled can't be opened, and can again once it is enabled",
        arguments: Driver.allCases)
    func disabledKey(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", #"{"m":"1"}"#)
        let owner = try world.program()
        let open = try owner.open("a/current/value", O_RDONLY)
        for state in [KeyState.disabled, .pendingDeletion(deletionDate: Timestamp(seconds: 1_900_000_000))] {
            try world.setKey(state)
            #expect(try refusal { try owner.open("a/current/value", O_RDONLY) } == .permissionDenied)
            #expect(try refusal { try owner.open("a/current/m", O_RDONLY) } == .permissionDenied)
            #expect(try refusal { try owner.put("a/current/value", "x") } == .permissionDenied)
            #expect(try refusal { try owner.read(open, 10) } == .permissionDenied)
            #expect(try owner.stat("a/current/value").size == 9)
            #expect(try owner.list("a/current") == ["value", "m"])
        }
        try world.setKey(.enabled)
        #expect(try owner.contents("a/current/value") == #"{"m":"1"}"#)
        #expect(try world.versions("a") == 1)
    }

    @Test(
        "A value that fails authentication is EIO, with a line in the log and in the trail that name it",
        arguments: Driver.allCases)
    func changedValue(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("prod/db", #"{"m":"1"}"#)
        try world.restart()
        let owner = try world.program()
        world.store.changeValues()
        #expect(try refusal { try owner.contents("prod/db/current/value") } == .ioError)
        #expect(try refusal { try owner.contents("prod/db/current/m") } == .ioError)
        #expect(world.log.contains { $0.contains("prod/db") })
        let event = try #require(try world.auditEvents().last)
        #expect(event["errorCode"]?.string == "DecryptionFailure")
        #expect(event["requestParameters"]?.text.contains("prod/db") == true)
        #expect(try owner.stat("prod/db/current/value").size == 9)
        try owner.put("prod/db/current/value", "written anew")
        #expect(try world.value("prod/db") == "written anew")
    }

    @Test("Without room for the trail nothing is read and nothing changes", arguments: Driver.allCases)
    func fullTrail(_ driver: Driver) throws {
        let world = try World(driver, hasSmallAuditDisk: true)
        try world.put("a", "kept")
        let owner = try world.program()
        let draft = try owner.open("a/current/value", O_WRONLY | O_TRUNC)
        try owner.write(draft, "lost")
        try world.fillAuditDisk()
        // A file's last page still takes some records; this is the shortest.
        var refused: Errno?
        for _ in 0..<100 where refused == nil {
            refused = try refusal { try owner.contents("a/metadata.json") }
        }
        #expect(refused == .ioError)
        #expect(try refusal { try owner.open("a/current/value", O_RDONLY) } == .ioError)
        #expect(try refusal { try owner.open("a/current/value", O_WRONLY) } == .ioError)
        #expect(try refusal { try owner.open("a/metadata.json", O_RDONLY) } == .ioError)
        #expect(try refusal { try owner.rmdir("a") } == .ioError)
        #expect(try refusal { try owner.close(draft) } == .ioError)
        #expect(try owner.list("a") == ["current", "versions", "metadata.json"])
        try world.settle()
        #expect(try world.versions("a") == 1)
        #expect(try world.exists("a"))
        #expect(world.log.contains { $0.contains("audit trail") })
    }

    @Test("A full disk is ENOSPC at the close, and the old value stays", arguments: Driver.allCases)
    func fullStore(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", "old")
        let owner = try world.program()
        world.store.failCommits(with: .full)
        #expect(try refusal { try owner.put("a/current/value", "new") } == .noSpace)
        #expect(try refusal { try owner.truncate("a/current/value", 1) } == .noSpace)
        #expect(try refusal { try owner.rmdir("a") } == .noSpace)
        let file = try owner.open("a/current/value", O_WRONLY | O_TRUNC)
        try owner.write(file, "new")
        #expect(try refusal { try owner.fsync(file) } == .noSpace)
        #expect(try owner.contents("a/current/value") == "old")
        world.store.failCommits(with: nil)
        // What failed once is never committed in part, or late.
        #expect(try refusal { try owner.close(file) } == .noSpace)
        try world.settle()
        #expect(try world.value("a") == "old")
        try owner.put("a/current/value", "new")
        #expect(try world.versions("a") == 2)
        try owner.mkdirs("b/current")
        world.store.failCommits(with: .io("a test"))
        #expect(try refusal { try owner.put("b/current/value", "x") } == .ioError)
        #expect(try !world.exists("b"))
    }

    @Test(
        "A store that is served despite damage is read, and EROFS is what a writer gets",
        arguments: Driver.allCases)
    func despiteDamage(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", "x")
        try world.restart { $0.servesDespiteDamage = true }
        let owner = try world.program()
        #expect(try owner.contents("a/current/value") == "x")
        #expect(try refusal { try owner.open("a/current/value", O_WRONLY) } == .readOnlyFileSystem)
        #expect(try refusal { try owner.truncate("a/current/value", 0) } == .readOnlyFileSystem)
        #expect(try refusal { try owner.rmdir("a") } == .readOnlyFileSystem)
    }

    @Test("A version that would bear one label too many is EDQUOT", arguments: Driver.allCases)
    func labels(_ driver: Driver) throws {
        let world = try World(driver)
        let version = try world.put("a", "x")
        for number in 1..<20 { try world.move(try StagingLabel("l\(number)"), of: "a", to: version) }
        let owner = try world.program()
        #expect(try refusal { try owner.put("a/current/value", "y") } == .diskQuotaExceeded)
        #expect(try world.value("a") == "x")
        try world.move(try StagingLabel("l1"), of: "a", to: nil)
        try owner.put("a/current/value", "y")
        #expect(try world.value("a") == "y")
    }
}
