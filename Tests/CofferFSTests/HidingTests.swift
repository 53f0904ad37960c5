import CofferCore
import Fuse
import Glibc
import Testing

@Suite("Who may not see a secret")
struct HidingTests {
    /// Every call that can meet a name.
    private static let calls: [(String, @Sendable (any Program, String) throws -> Void)] = [
        ("stat", { _ = try $0.stat($1) }),
        ("open", { _ = try $0.open($1, O_RDONLY) }),
        ("open for writing", { _ = try $0.open($1, O_WRONLY) }),
        ("open with O_TRUNC", { _ = try $0.open($1, O_RDWR | O_TRUNC) }),
        ("access", { try $0.access($1, R_OK) }),
        ("access of the name", { try $0.access($1, F_OK) }),
        ("truncate", { try $0.truncate($1, 1) }),
        ("unlink", { try $0.unlink($1) }),
        ("rmdir", { try $0.rmdir($1) }),
        ("rename", { try $0.rename($1, to: $1 + "2") }),
        ("link", { try $0.link($1, to: $1 + "2") }),
        ("chmod", { try $0.chmod($1, 0o600) }),
        ("chown", { try $0.chown($1, uid: 0, gid: 0) }),
        ("utimens", { try $0.utimens($1, 0) }),
        ("getxattr", { _ = try $0.getxattr($1, "user.coffer.version") }),
        ("setxattr", { try $0.setxattr($1, "user.coffer.expect", [1]) }),
        ("listxattr", { _ = try $0.listxattr($1) }),
        ("list", { _ = try $0.list($1) }),
    ]

    private static func paths(_ secret: String, _ version: String) -> [String] {
        [
            secret, secret + "/current", secret + "/current/value", secret + "/current/x",
            secret + "/AWSCURRENT",
            secret + "/versions", secret + "/versions/" + version, secret + "/versions/\(version)/value",
            secret + "/metadata.json",
        ]
    }

    @Test(
        "They get ENOENT from every call, even right after somebody else looked", arguments: Driver.allCases)
    func everywhere(_ driver: Driver) throws {
        let world = try World(driver)
        let version = try world.put("prod/db", #"{"x":"1"}"#)
        try world.allow(World.alice, on: "prod/*")
        let alice = try world.program(World.alice)
        let strangers = [try world.program(World.bob), try world.program(0)]
        for path in Self.paths("prod/db", version) {
            for stranger in strangers {
                for (name, call) in Self.calls {
                    _ = try alice.stat(path)
                    #expect(
                        try refusal { try call(stranger, path) } == .noSuchFileOrDirectory,
                        "\(name) of \(path)")
                }
            }
        }
        for stranger in strangers {
            #expect(try alice.list("") == ["prod"])
            #expect(try stranger.list("") == [])
            #expect(try refusal { try stranger.stat("prod") } == .noSuchFileOrDirectory)
        }
        #expect(try world.versions("prod/db") == 1)
        #expect(try alice.contents("prod/db/current/x") == "1")
    }

    @Test("Hidden and absent can't be told apart beside a secret that is seen", arguments: Driver.allCases)
    func beside(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("prod/seen", "s")
        try world.put("prod/hidden", "h")
        try world.put("prod/seen/hidden", "h")
        try world.allow(World.bob, on: "prod/seen")
        let bob = try world.program(World.bob)
        #expect(try bob.list("prod") == ["seen"])
        #expect(try bob.list("prod/seen") == ["current", "versions", "metadata.json"])
        for folder in ["prod/", "prod/seen/"] {
            for (name, call) in Self.calls {
                let hidden = try refusal { try call(bob, folder + "hidden") }
                let absent = try refusal { try call(bob, folder + "absent") }
                #expect(hidden == absent && hidden == .noSuchFileOrDirectory, "\(name) in \(folder)")
            }
        }
    }

    @Test("Who may see but not read gets names and EACCES", arguments: Driver.allCases)
    func seeOnly(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("prod/db", #"{"x":"1"}"#)
        try world.allow(World.bob, actions: [.describeSecret], on: "prod/db")
        let bob = try world.program(World.bob)
        #expect(try bob.list("prod/db/current") == ["value", "x"])
        for file in ["prod/db/current/value", "prod/db/current/x"] {
            #expect(try refusal { try bob.open(file, O_RDONLY) } == .permissionDenied)
            #expect(try refusal { try bob.open(file, O_WRONLY) } == .permissionDenied)
            #expect(try refusal { try bob.truncate(file, 0) } == .permissionDenied)
            #expect(try bob.stat(file).size == 0)
        }
        #expect(try bob.contents("prod/db/metadata.json").contains("prod/db"))
    }

    @Test("A secret that everybody may see is hidden from whom a Deny names", arguments: Driver.allCases)
    func deny(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("public/motd", "hello")
        try world.allow(on: "public/*")
        let bob = try world.program(World.bob)
        let root = try world.program(0)
        #expect(try bob.contents("public/motd/current/value") == "hello")
        try world.deny(World.bob, on: "public/*")
        #expect(try root.contents("public/motd/current/value") == "hello")
        #expect(try refusal { try bob.stat("public/motd/current/value") } == .noSuchFileOrDirectory)
        #expect(try refusal { try bob.stat("public") } == .noSuchFileOrDirectory)
        #expect(try bob.list("") == [])
        #expect(try root.contents("public/motd/current/value") == "hello")
        try world.deny(0, World.owner, on: "public/*")
        #expect(try refusal { try root.stat("public") } == .noSuchFileOrDirectory)
        #expect(try refusal { try world.program().stat("public") } == .noSuchFileOrDirectory)
    }

    @Test(
        "A descriptor opened before goes on reading after the policy was withdrawn",
        arguments: Driver.allCases)
    func openDecides(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", "snapshot")
        try world.allow(World.alice, on: "a")
        let alice = try world.program(World.alice)
        let file = try alice.open("a/current/value", O_RDONLY)
        try world.deny(World.alice, on: "a")
        #expect(try String(decoding: alice.read(file, 100), as: UTF8.self) == "snapshot")
        #expect(try refusal { try alice.open("a/current/value", O_RDONLY) } == .noSuchFileOrDirectory)
        try alice.close(file)
    }

    @Test("A supplementary group counts", arguments: Driver.allCases)
    func groups(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", "x")
        try world.allowGroup(3000, on: "a")
        let member = try world.program(World.bob, groups: [2999, 3000])
        let other = try world.program(World.bob, groups: [2999])
        let primary = try world.program(World.bob, gid: 3000)
        #expect(try member.contents("a/current/value") == "x")
        #expect(try primary.contents("a/current/value") == "x")
        #expect(try refusal { try other.stat("a") } == .noSuchFileOrDirectory)
    }

    @Test(
        "A new secret is seen at once by whom it concerns, and a deleted one by nobody",
        arguments: Driver.allCases)
    func changes(_ driver: Driver) throws {
        let world = try World(driver)
        try world.allow(on: "public/*")
        let bob = try world.program(World.bob)
        #expect(try refusal { try bob.stat("public/a") } == .noSuchFileOrDirectory)
        try world.put("public/a", "x")
        #expect(try bob.contents("public/a/current/value") == "x")
        try world.delete("public/a")
        #expect(try refusal { try bob.stat("public/a/current/value") } == .noSuchFileOrDirectory)
        #expect(try refusal { try bob.stat("public/a") } == .noSuchFileOrDirectory)
        #expect(try refusal { try world.program().stat("public/a") } == .noSuchFileOrDirectory)
        try world.restore("public/a")
        #expect(try bob.contents("public/a/current/value") == "x")
    }
}
