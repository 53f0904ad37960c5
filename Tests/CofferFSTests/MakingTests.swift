import CofferCore
import Fuse
import Glibc
import SecretsManager
import Testing

@Suite("Making and removing")
struct MakingTests {
    @Test("mkdir and a write make a secret", arguments: Driver.allCases)
    func makeSecret(_ driver: Driver) throws {
        let world = try World(driver)
        let owner = try world.program()
        try owner.mkdirs("team/api/current")
        #expect(try owner.list("team/api") == ["current"])
        #expect(try owner.list("team/api/current") == [])
        #expect(try !world.exists("team/api"))
        try owner.put("team/api/current/value", "one")
        #expect(try owner.contents("team/api/current/value") == "one")
        #expect(try owner.list("team/api") == ["current", "versions", "metadata.json"])
        #expect(try world.versions("team/api") == 1)
        try owner.put("team/api/current/value", "two")
        #expect(try world.versions("team/api") == 2)
    }

    @Test("A value that is opened, and not written, makes no secret", arguments: Driver.allCases)
    func nothingWritten(_ driver: Driver) throws {
        let world = try World(driver)
        let owner = try world.program()
        try owner.mkdirs("a/current")
        let file = try owner.open("a/current/value", O_RDWR | O_CREAT)
        #expect(try owner.fstat(file).size == 0)
        #expect(try owner.pread(file, 10, at: 0) == [])
        try owner.close(file)
        try world.settle()
        #expect(try !world.exists("a"))
        #expect(try owner.list("a/current") == [])
        #expect(try refusal { try owner.stat("a/current/value") } == .noSuchFileOrDirectory)
    }

    @Test(
        "A folder that holds nothing is its maker's own, and can be removed again", arguments: Driver.allCases
    )
    func folders(_ driver: Driver) throws {
        let world = try World(driver)
        let alice = try world.program(World.alice)
        let bob = try world.program(World.bob)
        try alice.mkdirs("mine/deep")
        #expect(try alice.list("") == ["mine"])
        #expect(try alice.list("mine") == ["deep"])
        for stranger in [bob, try world.program(), try world.program(0)] {
            #expect(try refusal { try stranger.stat("mine") } == .noSuchFileOrDirectory)
            #expect(try stranger.list("") == [])
        }
        #expect(try refusal { try alice.mkdir("mine") } == .fileExists)
        #expect(try refusal { try alice.rmdir("mine") } == .directoryNotEmpty)
        try alice.rmdir("mine/deep")
        try alice.rmdir("mine")
        #expect(try refusal { try alice.stat("mine") } == .noSuchFileOrDirectory)
        #expect(try refusal { try alice.rmdir("mine") } == .noSuchFileOrDirectory)
        try alice.mkdir("again")
        try world.restart()
        #expect(try world.program(World.alice).list("") == [])
    }

    @Test("Who may not create gets EACCES, whatever they make first", arguments: Driver.allCases)
    func mayNotCreate(_ driver: Driver) throws {
        let world = try World(driver)
        try world.allow(
            World.alice, actions: StatementDraft.writeActions + StatementDraft.readActions, on: "team/*")
        let bob = try world.program(World.bob)
        try bob.mkdirs("team/api")
        #expect(try refusal { try bob.mkdir("team/api/current") } == .permissionDenied)
        let alice = try world.program(World.alice)
        try alice.mkdirs("team/web/current")
        try alice.put("team/web/current/value", "x")
        #expect(try alice.contents("team/web/current/value") == "x")
        try alice.mkdirs("other/web")
        #expect(try refusal { try alice.mkdir("other/web/current") } == .permissionDenied)
        #expect(try bob.list("team") == ["api"])
    }

    @Test("mkdir refuses what can't become a secret", arguments: Driver.allCases)
    func badNames(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", "x")
        let owner = try world.program()
        let long = String(repeating: "n", count: 255)
        #expect(try refusal { try owner.mkdir("no space") } == .invalidArgument)
        #expect(try refusal { try owner.mkdir("ü") } == .invalidArgument)
        #expect(try refusal { try owner.mkdir(long + "n") } == .fileNameTooLong)
        try owner.mkdirs(long + "/" + long)
        #expect(try refusal { try owner.mkdir("\(long)/\(long)/x") } == .fileNameTooLong)
        #expect(try refusal { try owner.mkdir("current") } == .notPermitted)
        #expect(try refusal { try owner.mkdir("versions") } == .notPermitted)
        #expect(try refusal { try owner.mkdir("metadata.json") } == .notPermitted)
        #expect(try refusal { try owner.mkdir("AWSCURRENT") } == .notPermitted)
        #expect(try refusal { try owner.mkdir("a") } == .fileExists)
        #expect(try refusal { try owner.mkdir("a/current") } == .fileExists)
        #expect(try refusal { try owner.mkdir("a/previous") } == .notPermitted)
        #expect(try refusal { try owner.mkdir("a/current/x") } == .notPermitted)
        #expect(try refusal { try owner.mkdir("a/current/value") } == .fileExists)
        #expect(try refusal { try owner.mkdir("a/current/value/x") } == .notDirectory)
        #expect(try refusal { try owner.mkdir("absent/x") } == .noSuchFileOrDirectory)
        try owner.mkdir("b")
        #expect(try refusal { try owner.mkdir("b/pending") } == .notPermitted)
        #expect(try refusal { try owner.open("b/file", O_WRONLY | O_CREAT) } == .notPermitted)
        #expect(try refusal { try owner.open("file", O_WRONLY | O_CREAT) } == .notPermitted)
        try owner.mkdir("b/current")
        #expect(try refusal { try owner.open("b/current/member", O_WRONLY | O_CREAT) } == .notPermitted)
        #expect(try refusal { try owner.mkdir("b/current/x") } == .notPermitted)
    }

    @Test("A user may have 1024 folders that hold nothing, and no more", arguments: Driver.allCases)
    func folderLimit(_ driver: Driver) throws {
        let world = try World(driver)
        let alice = try world.program(World.alice)
        for number in 0..<1024 { try alice.mkdir("f\(number)") }
        #expect(try refusal { try alice.mkdir("one-more") } == .noSpace)
        try world.program(World.bob).mkdir("bob")
        #expect(try Set(alice.list("")).count == 1024)
        try alice.rmdir("f7")
        try alice.mkdir("one-more")
    }

    @Test(
        "rmdir of a secret schedules its deletion; restore brings it back as it was",
        arguments: Driver.allCases)
    func remove(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("prod/db", "old")
        try world.put("prod/db", "new")
        try world.put("prod/web", "x")
        let owner = try world.program()
        let before = try owner.stat("prod/db/current/value")
        try owner.rmdir("prod/db")
        #expect(try refusal { try owner.stat("prod/db") } == .noSuchFileOrDirectory)
        #expect(try refusal { try owner.stat("prod/db/current/value") } == .noSuchFileOrDirectory)
        #expect(try owner.list("prod") == ["web"])
        #expect(try world.record("prod/db").deletion != nil)
        try owner.rmdir("prod/web")
        #expect(try refusal { try owner.stat("prod") } == .noSuchFileOrDirectory)
        #expect(try owner.list("") == [])
        try world.restore("prod/db")
        #expect(try owner.stat("prod/db/current/value") == before)
        #expect(try owner.contents("prod/db/current/value") == "new")
        #expect(try owner.contents("prod/db/previous/value") == "old")
    }

    @Test(
        "What was removed while it was in use can be used again when it is back", arguments: Driver.allCases)
    func removedInUse(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", "one")
        try world.put("a", "two")
        let owner = try world.program()
        let file = try owner.open("a/current/value", O_RDONLY)
        for _ in 0..<2 {
            try owner.rmdir("a")
            try world.restore("a")
            #expect(try owner.contents("a/previous/value") == "one")
            #expect(try owner.list("a/versions").count == 2)
            #expect(try owner.contents("a/current/value") == "two")
        }
        #expect(try owner.read(file, 10) == Array("two".utf8))
        try owner.mkdirs("b/c")
        let directory = try owner.open("b/c", O_RDONLY | O_DIRECTORY)
        try owner.rmdir("b/c")
        try owner.mkdirs("b/c/current")
        try owner.put("b/c/current/value", "x")
        #expect(try owner.contents("b/c/current/value") == "x")
        try owner.close(directory)
    }

    @Test("rm -r of a secret fails and changes nothing", arguments: Driver.allCases)
    func removeTree(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", #"{"m":"1"}"#)
        try world.put("a", #"{"m":"2"}"#)
        let owner = try world.program()
        let before = try owner.list("a")
        for file in ["current/value", "current/m", "metadata.json"] {
            #expect(try refusal { try owner.unlink("a/" + file) } == .notPermitted, "\(file)")
        }
        #expect(try refusal { try owner.unlink("a/previous/value") } == .readOnlyFileSystem)
        for directory in ["current", "previous", "versions"] {
            #expect(try refusal { try owner.rmdir("a/" + directory) } == .notPermitted, "\(directory)")
        }
        #expect(try owner.list("a") == before)
        #expect(try world.value("a") == #"{"m":"2"}"#)
        #expect(try world.versions("a") == 2)
    }

    @Test(
        "A secret with visible secrets below it is not removed; hidden ones don't show by it",
        arguments: Driver.allCases)
    func nested(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", "outer")
        try world.put("a/b", "inner")
        try world.allow(World.alice, actions: [.describeSecret, .deleteSecret], on: "a")
        let owner = try world.program()
        let alice = try world.program(World.alice)
        #expect(try refusal { try owner.rmdir("a") } == .directoryNotEmpty)
        try alice.rmdir("a")
        #expect(try !world.exists("a"))
        #expect(try owner.contents("a/b/current/value") == "inner")
        #expect(try owner.list("a") == ["b"])
        #expect(try refusal { try owner.rmdir("a") } == .directoryNotEmpty)
        try owner.rmdir("a/b")
        #expect(try owner.list("") == [])
    }

    @Test("Only who may delete can: otherwise EACCES, and the secret stays", arguments: Driver.allCases)
    func mayNotDelete(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", "x")
        try world.allow(World.alice, on: "a")
        let alice = try world.program(World.alice)
        #expect(try refusal { try alice.rmdir("a") } == .permissionDenied)
        #expect(try alice.contents("a/current/value") == "x")
    }

    @Test("A name that waits for its deletion can't be made anew", arguments: Driver.allCases)
    func scheduled(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", "kept")
        let owner = try world.program()
        try owner.rmdir("a")
        try owner.mkdirs("a")
        let refused = try refusal {
            try owner.mkdir("a/current")
            try owner.put("a/current/value", "other")
        }
        #expect(refused == .notPermitted)
        try world.restore("a")
        #expect(try world.value("a") == "kept")
        #expect(try owner.contents("a/current/value") == "kept")
    }

    @Test("A nested secret can be made in a secret's directory", arguments: Driver.allCases)
    func makeNested(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", "outer")
        let owner = try world.program()
        try owner.mkdirs("a/b/current")
        #expect(try owner.list("a") == ["current", "versions", "metadata.json", "b"])
        try owner.put("a/b/current/value", "inner")
        #expect(try owner.contents("a/b/current/value") == "inner")
        #expect(try owner.contents("a/current/value") == "outer")
        #expect(try world.exists("a/b"))
    }

    @Test(
        "Two users make the same secret: the second one's write is a version, never lost",
        arguments: Driver.allCases)
    func race(_ driver: Driver) throws {
        let world = try World(driver)
        let all = StatementDraft.writeActions + StatementDraft.readActions
        try world.allow(World.alice, World.bob, actions: all, on: "*")
        let alice = try world.program(World.alice)
        let bob = try world.program(World.bob)
        try alice.mkdirs("a/current")
        try bob.mkdirs("a/current")
        let first = try alice.open("a/current/value", O_WRONLY | O_CREAT)
        let second = try bob.open("a/current/value", O_WRONLY | O_CREAT)
        try alice.write(first, "alice's")
        try bob.write(second, "bob's")
        #expect(try refusal { try alice.open("a/current/value", O_WRONLY) } == .busy)
        try alice.close(first)
        #expect(try world.value("a") == "alice's")
        try bob.close(second)
        #expect(try world.value("a") == "bob's")
        #expect(try world.value("a", .previous) == "alice's")
        #expect(try alice.contents("a/current/value") == "bob's")
        #expect(try alice.list("") == ["a"] && bob.list("") == ["a"])
        #expect(try alice.list("a") == bob.list("a"))
        #expect(try world.versions("a") == 2)
    }
}
