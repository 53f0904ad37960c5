import CofferCore
import Fuse
import Glibc
import Testing

@Suite("Reading a file")
struct ReadingTests {
    @Test(
        "A value comes back byte for byte, whatever it holds", arguments: Driver.allCases,
        [1, 2, 255, 4_095, 4_096, 4_097, 65_535, 65_536])
    func bytes(_ driver: Driver, size: Int) throws {
        let world = try World(driver)
        let owner = try world.program()
        // 251 is prime: no period of it meets a power of two.
        let value = (0..<size).map { UInt8($0 * 7 % 251) &+ UInt8(truncatingIfNeeded: $0 >> 8) }
        try owner.mkdirs("a/current")
        try owner.put("a/current/value", value)
        #expect(try owner.bytes("a/current/value") == value)
        #expect(try owner.stat("a/current/value").size == size)
        let file = try owner.open("a/current/value", O_RDONLY)
        for (offset, count) in [
            (0, 1), (size - 1, 1), (size - 1, 100), (size / 2, 17), (size, 1), (size + 5, 5),
        ] {
            #expect(
                try owner.pread(file, count, at: offset) == Array(value.dropFirst(offset).prefix(count)),
                "\(count) at \(offset)")
        }
        #expect(try owner.lseek(file, -1, SEEK_END) == size - 1)
        #expect(try owner.read(file, 10) == [value[size - 1]])
        #expect(try owner.read(file, 10) == [])
    }

    @Test(
        "An open file is a snapshot: a new version neither tears it nor changes its size",
        arguments: Driver.allCases)
    func snapshot(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", #"{"m":"the first value"}"#)
        let reader = try world.program()
        let other = try world.program()
        let value = try reader.open("a/current/value", O_RDONLY)
        let member = try reader.open("a/current/m", O_RDONLY)
        let second = try reader.dup(value)
        #expect(try String(decoding: reader.read(value, 5), as: UTF8.self) == #"{"m":"#)
        try world.put("a", "2")
        #expect(try String(decoding: reader.read(second, 100), as: UTF8.self) == #""the first value"}"#)
        #expect(try String(decoding: reader.read(member, 100), as: UTF8.self) == "the first value")
        #expect(try reader.fstat(value).size == 23)
        #expect(try other.stat("a/current/value").size == 1)
        #expect(try other.contents("a/current/value") == "2")
        let fresh = try reader.open("a/current/value", O_RDONLY)
        #expect(try String(decoding: reader.read(fresh, 100), as: UTF8.self) == "2")
        #expect(
            try String(decoding: reader.pread(value, 100, at: 0), as: UTF8.self)
                == #"{"m":"the first value"}"#)
    }

    @Test("A child reads on through the descriptor that it inherited", arguments: Driver.allCases)
    func inherited(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", "inherited")
        let parent = try world.program()
        let file = try parent.open("a/current/value", O_RDONLY)
        let child = try world.fork(parent)
        try parent.close(file)
        try world.put("a", "x")
        #expect(try String(decoding: child.read(file, 100), as: UTF8.self) == "inherited")
        #expect(try child.fstat(file).size == 9)
    }

    @Test(
        "A deleted secret's open file goes on; a label that moved shows at the next open",
        arguments: Driver.allCases)
    func moved(_ driver: Driver) throws {
        let world = try World(driver)
        let first = try world.put("a", "one")
        try world.put("a", "two")
        let owner = try world.program()
        let file = try owner.open("a/current/value", O_RDONLY)
        try world.move(.current, of: "a", to: first)
        #expect(try owner.contents("a/current/value") == "one")
        #expect(try owner.contents("a/previous/value") == "two")
        try world.delete("a")
        #expect(try String(decoding: owner.read(file, 10), as: UTF8.self) == "two")
        #expect(try refusal { try owner.open("a/current/value", O_RDONLY) } == .noSuchFileOrDirectory)
    }

    @Test("An open file can be asked and cut though its name is gone", arguments: Driver.allCases)
    func withoutName(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", #"{"m":"member"}"#)
        let owner = try world.program()
        let reader = try owner.open("a/current/m", O_RDONLY)
        let writer = try world.program()
        let draft = try writer.open("a/current/m", O_RDWR)
        try world.put("a", #"{"other":"x"}"#)
        #expect(try owner.fstat(reader).size == 6)
        try writer.ftruncate(draft, 3)
        #expect(try writer.fstat(draft).size == 3)
        #expect(try writer.read(draft, 10) == Array("mem".utf8))
        try writer.close(draft)
        #expect(try world.value("a") == #"{"other":"x","m":"mem"}"#)
    }

    @Test("A directory is no file and a file no directory", arguments: Driver.allCases)
    func kinds(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", "x")
        let owner = try world.program()
        #expect(try refusal { try owner.open("a/current", O_WRONLY) } == .isDirectory)
        #expect(try refusal { try owner.open("a", O_RDWR) } == .isDirectory)
        #expect(try refusal { try owner.open("a/current/value", O_RDONLY | O_DIRECTORY) } == .notDirectory)
        #expect(try refusal { try owner.stat("a/current/value/x") } == .notDirectory)
        #expect(try refusal { try owner.stat("a/metadata.json/x") } == .notDirectory)
        #expect(try refusal { try owner.unlink("a/current") } == .isDirectory)
        #expect(try refusal { try owner.rmdir("a/current/value") } == .notDirectory)
        let directory = try owner.open("a", O_RDONLY | O_DIRECTORY)
        #expect(try refusal { try owner.read(directory, 1) } == .isDirectory)
        let file = try owner.open("a/current/value", O_RDONLY)
        #expect(try refusal { try owner.write(file, "x") } == .badFileDescriptor)
    }

    @Test(
        "Each open stands in the audit trail, a refused one too; looking does not", arguments: Driver.allCases
    )
    func audit(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", #"{"m":"1"}"#)
        try world.allow(World.bob, actions: [.describeSecret], on: "a")
        let owner = try world.program()
        let bob = try world.program(World.bob)
        let before = try world.auditEvents().count
        _ = try owner.stat("a/current/value")
        _ = try owner.list("a/current")
        #expect(try world.auditEvents().count == before)
        _ = try owner.contents("a/current/m")
        #expect(try refusal { try bob.contents("a/current/value") } == .permissionDenied)
        let events = try world.auditEvents()[before...]
        #expect(events.map { $0["eventName"]?.string } == ["GetSecretValue", "GetSecretValue"])
        #expect(events.first?["errorCode"] == nil)
        #expect(events.last?["errorCode"]?.string == "AccessDeniedException")
    }

    @Test("There are no holes: all is data up to the end of what is open", arguments: Driver.allCases)
    func holes(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", "0123456789")
        let owner = try world.program()
        let file = try owner.open("a/current/value", O_RDONLY)
        try world.put("a", "longer than that")
        #expect(try owner.lseek(file, 3, seekData) == 3)
        #expect(try owner.lseek(file, 3, seekHole) == 10)
        #expect(try refusal { try owner.lseek(file, 10, seekData) } == .noSuchAddressOrDevice)
        #expect(try refusal { try owner.lseek(file, 10, seekHole) } == .noSuchAddressOrDevice)
        let draft = try owner.open("a/current/value", O_RDWR | O_TRUNC)
        try owner.write(draft, "abc")
        #expect(try owner.lseek(draft, 0, seekHole) == 3)
        try owner.close(draft)
        #expect(try owner.lseek(file, 0, seekHole) == 10)
    }
}
