import CofferCore
import Foundation
import Fuse
import Testing

@Suite("The tree's shape")
struct ShapeTests {
    @Test("A secret is a directory of its stages, its versions and its metadata", arguments: Driver.allCases)
    func shape(_ driver: Driver) throws {
        let world = try World(driver)
        let first = try world.put("prod/db", "one")
        let owner = try world.program()
        #expect(try owner.list("") == ["prod"])
        #expect(try owner.list("prod") == ["db"])
        #expect(try owner.list("prod/db") == ["current", "versions", "metadata.json"])
        let second = try world.put("prod/db", "two")
        let third = try world.put("prod/db", "three", stages: [.pending])
        try world.move(try StagingLabel("canary"), of: "prod/db", to: first)
        #expect(
            try owner.list("prod/db") == [
                "current", "previous", "pending", "canary", "versions", "metadata.json",
            ])
        #expect(try owner.list("prod/db/current") == ["value"])
        #expect(try owner.list("prod/db/versions") == [first, second, third])
        #expect(try owner.list("prod/db/versions/" + first) == ["value"])
        #expect(try owner.contents("prod/db/current/value") == "two")
        #expect(try owner.contents("prod/db/previous/value") == "one")
        #expect(try owner.contents("prod/db/pending/value") == "three")
        #expect(try owner.contents("prod/db/canary/value") == "one")
        #expect(try owner.contents("prod/db/versions/\(third)/value") == "three")
        try world.move(try StagingLabel("canary"), of: "prod/db", to: nil)
        #expect(try refusal { try owner.stat("prod/db/canary") } == .noSuchFileOrDirectory)
        #expect(try !owner.list("prod/db").contains("canary"))
    }

    @Test("AWS's names of the stages can be looked up, and are not listed", arguments: Driver.allCases)
    func awsNames(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", "one")
        try world.put("a", "two")
        let owner = try world.program()
        #expect(try owner.contents("a/AWSCURRENT/value") == "two")
        #expect(try owner.contents("a/AWSPREVIOUS/value") == "one")
        #expect(try refusal { try owner.stat("a/AWSPENDING") } == .noSuchFileOrDirectory)
        #expect(try owner.stat("a/AWSCURRENT").inode == owner.stat("a/current").inode)
        #expect(try owner.list("a").allSatisfy { !$0.hasPrefix("AWS") })
    }

    @Test("Secrets nest as their names do", arguments: Driver.allCases)
    func nesting(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("prod/db", "outer")
        try world.put("prod/db/replica", "inner")
        try world.put("prod/db/replica/deep/er", "deepest")
        let owner = try world.program()
        #expect(try owner.list("prod/db") == ["current", "versions", "metadata.json", "replica"])
        #expect(try owner.list("prod/db/replica") == ["current", "versions", "metadata.json", "deep"])
        #expect(try owner.list("prod/db/replica/deep") == ["er"])
        #expect(try owner.contents("prod/db/current/value") == "outer")
        #expect(try owner.contents("prod/db/replica/current/value") == "inner")
        #expect(try owner.contents("prod/db/replica/deep/er/current/value") == "deepest")
    }

    @Test(
        "Each top-level member of a JSON object is a file, in order and unescaped", arguments: Driver.allCases
    )
    func members(_ driver: Driver) throws {
        let world = try World(driver)
        let json =
            #"{"user":"ann","text":"a\n\"\u00e9\ud83d\ude00\/","n":1.50,"t":true,"z":null,"list":[1, {"a":2}],"o":{"k" : "v"},"empty":"","ü ñ":"x"}"#
        try world.put("a", json)
        let owner = try world.program()
        let directory = "a/current"
        #expect(
            try owner.list(directory) == [
                "value", "user", "text", "n", "t", "z", "list", "o", "empty", "ü ñ",
            ])
        let expected = [
            ("value", json), ("user", "ann"), ("text", "a\n\"é😀/"), ("n", "1.50"), ("t", "true"),
            ("z", "null"),
            ("list", #"[1, {"a":2}]"#), ("o", #"{"k" : "v"}"#), ("empty", ""), ("ü ñ", "x"),
        ]
        for (name, text) in expected {
            #expect(try owner.contents(directory + "/" + name) == text, "\(name)")
            #expect(try owner.stat(directory + "/" + name).size == text.utf8.count, "\(name)")
        }
    }

    @Test("A member whose name can't be a file's stands in value only", arguments: Driver.allCases)
    func memberNames(_ driver: Driver) throws {
        let world = try World(driver)
        let long = String(repeating: "n", count: 256)
        let most = String(repeating: "m", count: 255)
        let json =
            #"{"":"1","a/b":"2",".":"3","..":"4","value":"5","\u0000":"6","\#(long)":"7","\#(most)":"8","ok":"9"}"#
        try world.put("a", json)
        let owner = try world.program()
        #expect(try owner.list("a/current") == ["value", most, "ok"])
        #expect(try owner.contents("a/current/value") == json)
        #expect(try owner.contents("a/current/" + most) == "8")
    }

    @Test("A member keeps its file in later versions; one that is gone is gone", arguments: Driver.allCases)
    func memberChanges(_ driver: Driver) throws {
        let world = try World(driver)
        let owner = try world.program()
        try world.put("a", #"{"x":"1","y":"2"}"#)
        let inode = try owner.stat("a/current/y").inode
        try world.put("a", #"{"z":"3","y":"4"}"#)
        #expect(try owner.stat("a/current/y").inode == inode)
        #expect(try owner.contents("a/current/y") == "4")
        #expect(try refusal { try owner.stat("a/current/x") } == .noSuchFileOrDirectory)
        #expect(try Set(owner.list("a/current")) == ["value", "y", "z"])
        #expect(try owner.contents("a/previous/x") == "1")
        try world.put("a", "no object")
        #expect(try owner.list("a/current") == ["value"])
        #expect(try refusal { try owner.stat("a/current/y") } == .noSuchFileOrDirectory)
    }

    @Test("metadata.json tells what DescribeSecret tells, with its exact size", arguments: Driver.allCases)
    func metadata(_ driver: Driver) throws {
        let world = try World(driver)
        let version = try world.put("prod/db", "the value itself")
        let owner = try world.program()
        let text = try owner.contents("prod/db/metadata.json")
        #expect(try owner.stat("prod/db/metadata.json").size == text.utf8.count)
        #expect(!text.contains("the value itself"))
        let json = try JSONValue(parsing: Array(text.utf8))
        #expect(json["Name"]?.string == "prod/db")
        #expect(json["VersionIdsToStages"]?[version]?.array?.first?.string == "AWSCURRENT")
        #expect(try refusal { try owner.put("prod/db/metadata.json", "x") } == .readOnlyFileSystem)
    }

    @Test("A secret without a version has neither stages nor values", arguments: Driver.allCases)
    func withoutVersion(_ driver: Driver) throws {
        let world = try World(driver)
        try world.makeEmpty("a")
        let owner = try world.program()
        #expect(try owner.list("a") == ["versions", "metadata.json"])
        #expect(try owner.list("a/versions") == [])
        #expect(try refusal { try owner.contents("a/current/value") } == .noSuchFileOrDirectory)
        try owner.mkdir("a/current")
        try owner.put("a/current/value", "first")
        #expect(try world.value("a") == "first")
    }

    @Test("Names are those that AWS allows, to their full length", arguments: Driver.allCases)
    func names(_ driver: Driver) throws {
        let world = try World(driver)
        let long = String(repeating: "L", count: 255)
        let names = ["aZ09_+=.@-", long + "/" + long, "...", ".hidden", "a/b/c/d/e/f", "Value", "value"]
        for name in names { try world.put(name, "value of " + name) }
        let owner = try world.program()
        for name in names { #expect(try owner.contents(name + "/current/value") == "value of " + name) }
        #expect(try Set(owner.list("")) == ["aZ09_+=.@-", long, "...", ".hidden", "a", "Value", "value"])
        #expect(try owner.nameLimit("") == 255)
    }

    @Test(
        "Every listing begins with . and .., and tells the inodes and kinds that stat tells",
        arguments: Driver.allCases)
    func listingsAgree(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("prod/db", #"{"x":"1"}"#)
        try world.put("prod/db/replica", "r")
        let owner = try world.program()
        for path in ["", "prod", "prod/db", "prod/db/current", "prod/db/versions"] {
            let directory = try owner.open(path, O_RDONLY | O_DIRECTORY)
            let names = try owner.getdents(directory, size: 4096)
            #expect(names.prefix(2).map(\.name) == [".", ".."])
            for name in names.dropFirst(2) {
                let status = try owner.stat(path.isEmpty ? name.name : path + "/" + name.name)
                #expect(name.inode == status.inode, "\(path)/\(name.name)")
                #expect(name.kind == (status.isDirectory ? 4 : 8), "\(path)/\(name.name)")
            }
            #expect(try owner.getdents(directory, size: 4096).isEmpty)
            try owner.close(directory)
        }
    }

    @Test(
        "Inodes are the same for a stage whatever version it means, and after a restart",
        arguments: Driver.allCases)
    func inodes(_ driver: Driver) throws {
        let world = try World(driver)
        let first = try world.put("prod/db", #"{"x":"1"}"#)
        try world.put("prod/db", #"{"x":"2"}"#)
        try world.put("prod/db/replica", "r")
        let paths = [
            "prod", "prod/db", "prod/db/current", "prod/db/current/value", "prod/db/current/x",
            "prod/db/previous",
            "prod/db/previous/value", "prod/db/versions", "prod/db/versions/" + first,
            "prod/db/metadata.json",
            "prod/db/versions/\(first)/value", "prod/db/versions/\(first)/x", "prod/db/replica",
            "prod/db/replica/current/value",
        ]
        func inodes() throws -> [UInt64] {
            let owner = try world.program()
            return try paths.map { try owner.stat($0).inode }
        }
        let before = try inodes()
        #expect(Set(before).count == paths.count, "two nodes have the same inode")
        try world.put("prod/db", #"{"x":"3"}"#)
        #expect(try inodes() == before)
        try world.restart()
        #expect(try inodes() == before)
        #expect(try world.program().contents("prod/db/current/x") == "3")
    }
}
