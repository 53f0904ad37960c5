import Fuse
import Glibc
import Testing

@Suite("Writing a file")
struct WritingTests {
    @Test("mkdir and a write make a secret", arguments: Driver.allCases)
    func makeSecret(_ driver: Driver) throws {
        let world = try World(driver)
        let owner = try world.program()
        try owner.mkdirs("team/api/current")
        #expect(try owner.list("team/api") == ["current"])
        try owner.put("team/api/current/value", "one")
        try world.settle()
        #expect(try owner.contents("team/api/current/value") == "one")
        #expect(try owner.list("team/api") == ["current", "versions", "metadata.json"])
        #expect(try world.versions("team/api") == 1)
    }
}
