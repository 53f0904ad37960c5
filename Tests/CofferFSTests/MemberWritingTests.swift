import CofferCore
import Fuse
import Glibc
import Testing

@Suite("Writing a member")
struct MemberWritingTests {
    private static let object = #"{"user": "ann",  "port":5432, "tags":["a"], "pass":"old\n"}"#

    @Test("One member changes; the others, their order and their spelling stay", arguments: Driver.allCases)
    func change(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", Self.object)
        let owner = try world.program()
        try owner.put("a/current/pass", "new \"é\n")
        #expect(
            try world.value("a") == #"{"user": "ann",  "port":5432, "tags":["a"], "pass":"new \"é\n"}"#)
        #expect(try owner.contents("a/current/pass") == "new \"é\n")
        try owner.put("a/current/port", " 99 \n")
        #expect(try owner.contents("a/current/port") == "99")
        try owner.put("a/current/tags", #"{"x":null}"#)
        #expect(
            try world.value("a") == #"{"user": "ann",  "port":99, "tags":{"x":null}, "pass":"new \"é\n"}"#)
        #expect(try world.versions("a") == 4)
    }

    @Test("A member that is appended to and cut is edited as its text", arguments: Driver.allCases)
    func edit(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", Self.object)
        let owner = try world.program()
        try owner.put("a/current/pass", "more", O_APPEND)
        #expect(try owner.contents("a/current/pass") == "old\nmore")
        try owner.truncate("a/current/pass", 2)
        #expect(try owner.contents("a/current/pass") == "ol")
        let file = try owner.open("a/current/pass", O_RDWR)
        try owner.pwrite(file, "OLD", at: 0)
        #expect(try owner.fstat(file).size == 3)
        try owner.close(file)
        #expect(try owner.contents("a/current/pass") == "OLD")
    }

    @Test(
        "What doesn't fit the member is refused at the close, and changes nothing", arguments: Driver.allCases
    )
    func refused(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", Self.object)
        let owner = try world.program()
        #expect(try refusal { try owner.put("a/current/port", "no number") } == .invalidArgument)
        #expect(try refusal { try owner.put("a/current/pass", [0xff, 0xfe]) } == .invalidArgument)
        try owner.put("a/current/pass", "old\n")
        try owner.put("a/current/port", "")
        try world.settle()
        #expect(try world.value("a") == Self.object)
        #expect(try world.versions("a") == 1)
    }

    @Test(
        "A new name adds a member where the value is a JSON object, and only there",
        arguments: Driver.allCases)
    func new(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", "{}")
        try world.put("b", "text")
        let owner = try world.program()
        try owner.put("a/current/first", "1")
        try owner.put("a/current/second", "2\n")
        #expect(try world.value("a") == #"{"first":"1","second":"2\n"}"#)
        #expect(try owner.list("a/current") == ["value", "first", "second"])
        #expect(try refusal { try owner.put("b/current/first", "1") } == .notPermitted)
        #expect(try world.value("b") == "text")
        #expect(try refusal { try owner.open("a/current/first", O_WRONLY | O_CREAT | O_EXCL) } == .fileExists)
    }

    @Test(
        "A new member is its maker's own until it is closed, and stays away if nothing was written",
        arguments: Driver.allCases)
    func nascent(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", #"{"x":"1"}"#)
        try world.allow(World.alice, on: "a")
        let owner = try world.program()
        let alice = try world.program(World.alice)
        let file = try owner.open("a/current/new", O_WRONLY | O_CREAT)
        try owner.write(file, "12")
        #expect(try owner.fstat(file).size == 2)
        #expect(try refusal { try alice.stat("a/current/new") } == .noSuchFileOrDirectory)
        try owner.close(file)
        #expect(try alice.contents("a/current/new") == "12")
        try owner.close(try owner.open("a/current/empty", O_WRONLY | O_CREAT))
        try world.settle()
        #expect(try refusal { try owner.stat("a/current/empty") } == .noSuchFileOrDirectory)
        #expect(try world.value("a") == #"{"x":"1","new":"12"}"#)
    }

    @Test("Two members written at once both stand in the value", arguments: Driver.allCases)
    func both(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", #"{"x":"1","y":"2"}"#)
        let owner = try world.program()
        let x = try owner.open("a/current/x", O_WRONLY | O_TRUNC)
        let y = try owner.open("a/current/y", O_WRONLY | O_TRUNC)
        try owner.write(x, "X")
        try owner.write(y, "Y")
        try owner.close(x)
        try owner.close(y)
        #expect(try world.value("a") == #"{"x":"X","y":"Y"}"#)
    }
}
