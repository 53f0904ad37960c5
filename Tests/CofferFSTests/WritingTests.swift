import CofferCore
import Fuse
import Glibc
import Testing

@Suite("Writing a file")
struct WritingTests {
    private static let file = "a/current/value"

    @Test("A draft is private: others see the last version until it is closed", arguments: Driver.allCases)
    func privacy(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", "old")
        let writer = try world.program()
        let reader = try world.program()
        let file = try writer.open(Self.file, O_RDWR | O_TRUNC)
        try writer.write(file, "the new value")
        #expect(try writer.fstat(file).size == 13)
        #expect(try String(decoding: writer.pread(file, 100, at: 4), as: UTF8.self) == "new value")
        #expect(try reader.contents(Self.file) == "old")
        #expect(try reader.stat(Self.file).size == 3)
        try writer.close(file)
        #expect(try reader.contents(Self.file) == "the new value")
        #expect(try reader.contents("a/previous/value") == "old")
        #expect(try world.versions("a") == 2)
    }

    @Test("However it is written, one open file makes one version", arguments: Driver.allCases)
    func oneVersion(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", "old")
        let owner = try world.program()
        let file = try owner.open(Self.file, O_WRONLY | O_TRUNC)
        for piece in ["one ", "two ", "three"] {
            try owner.write(file, piece)
            try owner.fsync(file)
            #expect(try world.versions("a") == 2)
        }
        try owner.pwrite(file, "ONE", at: 0)
        let second = try owner.dup(file)
        try owner.close(file)
        #expect(try world.value("a") == "ONE two three")
        try owner.write(second, "!")
        try owner.close(second)
        try world.settle()
        #expect(try world.value("a") == "ONE two three!")
        #expect(try world.value("a", .previous) == "old")
        #expect(try world.versions("a") == 2)
    }

    @Test(
        "Nothing written, the same bytes written, or cut to nothing: no version", arguments: Driver.allCases)
    func noVersion(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", "same")
        let owner = try world.program()
        try owner.close(try owner.open(Self.file, O_WRONLY))
        try owner.close(try owner.open(Self.file, O_WRONLY | O_TRUNC))
        try owner.close(try owner.open(Self.file, O_RDWR | O_APPEND))
        try owner.put(Self.file, "same")
        try owner.put(Self.file, "")
        try owner.truncate(Self.file, 0)
        try owner.truncate(Self.file, 4)
        let file = try owner.open(Self.file, O_RDWR)
        try owner.pwrite(file, "XX", at: 1)
        try owner.pwrite(file, "am", at: 1)
        try owner.ftruncate(file, 0)
        try owner.close(file)
        try world.settle()
        #expect(try world.versions("a") == 1)
        #expect(try world.value("a") == "same")
        #expect(try owner.stat(Self.file).size == 4)
    }

    @Test("Written, cut to nothing, and looked at: no version, and no error", arguments: Driver.allCases)
    func emptied(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", #"{"m":"kept"}"#)
        let owner = try world.program()
        for path in [Self.file, "a/current/m"] {
            let file = try owner.open(path, O_RDWR)
            try owner.write(file, "scribble")
            try owner.ftruncate(file, 0)
            #expect(try owner.pread(file, 10, at: 0) == [])
            try owner.fsync(file)
            try owner.close(file)
        }
        try world.settle()
        #expect(try world.value("a") == #"{"m":"kept"}"#)
        #expect(try world.versions("a") == 1)
    }

    @Test("Two open files are two drafts; the later one to commit stands on top", arguments: Driver.allCases)
    func twoDrafts(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", "base")
        let owner = try world.program()
        let first = try owner.open(Self.file, O_RDWR)
        let second = try owner.open(Self.file, O_RDWR)
        try owner.pwrite(first, "1", at: 0)
        try owner.pwrite(second, "2", at: 3)
        #expect(try String(decoding: owner.pread(second, 9, at: 0), as: UTF8.self) == "bas2")
        try owner.close(first)
        #expect(try world.value("a") == "1ase")
        try owner.close(second)
        #expect(try world.value("a") == "bas2")
        #expect(try world.value("a", .previous) == "1ase")
        #expect(try world.versions("a") == 3)
    }

    @Test(
        "A draft that another version overtook between two fsyncs makes a version on top of it",
        arguments: Driver.allCases)
    func overtaken(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", "base")
        let owner = try world.program()
        let file = try owner.open(Self.file, O_WRONLY | O_TRUNC)
        try owner.write(file, "mine")
        try owner.fsync(file)
        try world.put("a", "theirs")
        try owner.write(file, " again")
        try owner.close(file)
        #expect(try world.value("a") == "mine again")
        #expect(try world.value("a", .previous) == "theirs")
        #expect(try world.versions("a") == 4)
    }

    @Test(
        "Children write into the parent's draft, as a shell's do: one version at the parent's close",
        arguments: Driver.allCases)
    func shell(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", "old")
        let parent = try world.program()
        // What sh does for { a; b; } > value: open, duplicate to standard output, close the first.
        let opened = try parent.open(Self.file, O_WRONLY | O_CREAT | O_TRUNC)
        let output = try parent.dup(opened)
        try parent.close(opened)
        for text in ["one\n", "two\n"] {
            let child = try world.fork(parent)
            try child.write(output, text)
            try child.exit()
            #expect(try world.value("a") == "old")
        }
        try parent.write(output, "three\n")
        try parent.close(output)
        #expect(try world.value("a") == "one\ntwo\nthree\n")
        #expect(try world.versions("a") == 2)
    }

    @Test("When the process that opened it has gone, the last close commits", arguments: Driver.allCases)
    func orphan(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", "old")
        let parent = try world.program()
        let file = try parent.open(Self.file, O_WRONLY | O_TRUNC)
        let child = try world.fork(parent)
        try parent.exit()
        #expect(try world.value("a") == "old")
        try child.write(file, "from the child")
        #expect(try world.value("a") == "old")
        try child.close(file)
        try world.settle()
        #expect(try world.value("a") == "from the child")
        #expect(try world.versions("a") == 2)
    }

    @Test("O_APPEND writes go to the end, whatever the offset", arguments: Driver.allCases)
    func append(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", "one")
        let owner = try world.program()
        try owner.put(Self.file, "two", O_APPEND)
        #expect(try world.value("a") == "onetwo")
        let file = try owner.open(Self.file, O_RDWR | O_APPEND)
        try owner.write(file, "3")
        try owner.lseek(file, 0, SEEK_SET)
        try owner.write(file, "4")
        #expect(try owner.lseek(file, 0, SEEK_END) == 8)
        try owner.close(file)
        #expect(try world.value("a") == "onetwo34")
    }

    @Test("Gaps are filled with zeros; cutting and growing count", arguments: Driver.allCases)
    func sizes(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", "12345")
        let owner = try world.program()
        let file = try owner.open(Self.file, O_RDWR)
        try owner.pwrite(file, "x", at: 8)
        #expect(try owner.pread(file, 100, at: 0) == Array("12345\0\0\0x".utf8))
        try owner.ftruncate(file, 2)
        try owner.ftruncate(file, 4)
        #expect(try owner.fstat(file).size == 4)
        #expect(try owner.lseek(file, 0, SEEK_END) == 4)
        try owner.close(file)
        #expect(try world.value("a") == "12\0\0")
        try owner.truncate(Self.file, 1)
        #expect(try world.value("a") == "1")
        try owner.truncate(Self.file, 3)
        #expect(try world.value("a") == "1\0\0")
        #expect(try world.versions("a") == 4)
    }

    @Test("Cut to nothing and written again is a new value", arguments: Driver.allCases)
    func rewrite(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", "the old value")
        let owner = try world.program()
        let file = try owner.open(Self.file, O_RDWR)
        try owner.write(file, "scribble")
        try owner.ftruncate(file, 0)
        #expect(try owner.pread(file, 100, at: 0) == [])
        #expect(try owner.fstat(file).size == 0)
        try owner.pwrite(file, "new", at: 0)
        try owner.close(file)
        #expect(try world.value("a") == "new")
        #expect(try world.versions("a") == 2)
    }

    @Test(
        "Past the limit a write fails with EFBIG, the close too, and nothing changed",
        arguments: Driver.allCases)
    func limit(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", "old")
        let owner = try world.program()
        let most = [UInt8](repeating: 7, count: 65_536)
        try owner.put(Self.file, most)
        #expect(try owner.bytes(Self.file) == most)
        let file = try owner.open(Self.file, O_WRONLY | O_TRUNC)
        try owner.write(file, most)
        #expect(try refusal { try owner.write(file, [8]) } == .fileTooLarge)
        #expect(try refusal { try owner.pwrite(file, [8], at: 0) } == .fileTooLarge)
        #expect(try refusal { try owner.fsync(file) } == .fileTooLarge)
        #expect(try refusal { try owner.close(file) } == .fileTooLarge)
        #expect(try refusal { try owner.put(Self.file, most + [8]) } == .fileTooLarge)
        #expect(try refusal { try owner.put(Self.file, most + most + most) } == .fileTooLarge)
        #expect(try refusal { try owner.truncate(Self.file, 65_537) } == .fileTooLarge)
        let far = try owner.open(Self.file, O_WRONLY)
        #expect(try refusal { try owner.pwrite(far, [1], at: 1 << 40) } == .fileTooLarge)
        #expect(try refusal { try owner.close(far) } == .fileTooLarge)
        try world.settle()
        #expect(try owner.bytes(Self.file) == most)
        #expect(try world.versions("a") == 2)
        try owner.put(Self.file, "small again")
        #expect(try world.value("a") == "small again")
    }

    @Test("Writing pending/value makes a version that is not in force", arguments: Driver.allCases)
    func pending(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", "in force")
        let owner = try world.program()
        try owner.mkdir("a/pending")
        try owner.put("a/pending/value", "to come")
        #expect(try world.value("a") == "in force")
        #expect(try world.value("a", .pending) == "to come")
        #expect(try owner.contents("a/pending/value") == "to come")
        try owner.put("a/pending/value", "better")
        #expect(try world.value("a", .pending) == "better")
        #expect(try world.value("a") == "in force")
        #expect(try refusal { try owner.stat("a/previous") } == .noSuchFileOrDirectory)
    }

    @Test("previous and versions are never written", arguments: Driver.allCases)
    func immutable(_ driver: Driver) throws {
        let world = try World(driver)
        let version = try world.put("a", #"{"m":"1"}"#)
        try world.put("a", #"{"m":"2"}"#)
        let owner = try world.program()
        for directory in ["a/previous", "a/versions/" + version] {
            for file in ["/value", "/m"] {
                for flags in [O_WRONLY, O_RDWR, O_WRONLY | O_TRUNC, O_RDONLY | O_TRUNC] {
                    #expect(try refusal { try owner.open(directory + file, flags) } == .readOnlyFileSystem)
                }
                #expect(try refusal { try owner.truncate(directory + file, 0) } == .readOnlyFileSystem)
            }
            #expect(
                try refusal { try owner.open(directory + "/new", O_WRONLY | O_CREAT) } == .readOnlyFileSystem)
        }
        #expect(try refusal { try owner.open("a/versions/new", O_WRONLY | O_CREAT) } == .readOnlyFileSystem)
        #expect(try refusal { try owner.mkdir("a/versions/new") } == .notPermitted)
        #expect(try refusal { try owner.rmdir("a/versions/" + version) } == .notPermitted)
        #expect(try refusal { try owner.rmdir("a/versions") } == .notPermitted)
        #expect(try owner.contents("a/versions/\(version)/m") == "1")
    }

    @Test("Who may write but not read can't open for both", arguments: Driver.allCases)
    func writeOnly(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", "secret")
        try world.allow(World.bob, actions: [.describeSecret, .putSecretValue], on: "a")
        let bob = try world.program(World.bob)
        #expect(try refusal { try bob.open(Self.file, O_RDWR) } == .permissionDenied)
        #expect(try refusal { try bob.open(Self.file, O_RDONLY) } == .permissionDenied)
        try bob.put(Self.file, "written blindly")
        #expect(try world.value("a") == "written blindly")
    }

    @Test(
        "A draft fails at its close when the right to write was withdrawn, or the secret deleted",
        arguments: Driver.allCases)
    func withdrawn(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("a", "old")
        try world.put("b", "old")
        try world.allow(World.bob, on: "*")
        try world.allow(World.bob, actions: [.putSecretValue], on: "*")
        let bob = try world.program(World.bob)
        let first = try bob.open("a/current/value", O_WRONLY | O_TRUNC)
        let second = try bob.open("b/current/value", O_WRONLY | O_TRUNC)
        try bob.write(first, "new")
        try bob.write(second, "new")
        try world.deny(World.bob, actions: [.putSecretValue], on: "a")
        try world.delete("b")
        #expect(try refusal { try bob.close(first) } == .permissionDenied)
        #expect(try refusal { try bob.close(second) } != nil)
        try world.settle()
        try world.restore("b")
        #expect(try world.value("a") == "old" && world.value("b") == "old")
        #expect(try world.versions("a") == 1 && world.versions("b") == 1)
    }
}
