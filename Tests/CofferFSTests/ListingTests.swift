import CofferCore
import Fuse
import Glibc
import Testing

@Suite("Listing a directory")
struct ListingTests {
    private static let count = 200

    private func fill(_ world: World) throws -> Set<String> {
        var names: Set<String> = []
        for number in 0..<Self.count {
            let name = "s\(number)" + String(repeating: "-", count: number % 60)
            try world.put("folder/" + name, "x")
            names.insert(name)
        }
        return names
    }

    @Test(
        "A large folder is listed whole, each name once, however small the pieces", arguments: Driver.allCases
    )
    func large(_ driver: Driver) throws {
        let world = try World(driver)
        let names = try fill(world)
        let owner = try world.program()
        for size in [400, 1_024, 4_096, 65_536] {
            let directory = try owner.open("folder", O_RDONLY | O_DIRECTORY)
            var listed: [String] = []
            while true {
                let some = try owner.getdents(directory, size: size)
                if some.isEmpty { break }
                listed += some.map(\.name)
            }
            #expect(listed.count == Self.count + 2, "pieces of \(size)")
            #expect(Set(listed.dropFirst(2)) == names, "pieces of \(size)")
            try owner.close(directory)
        }
    }

    @Test(
        "A listing goes on from any place it gave, and begins anew at the start", arguments: Driver.allCases)
    func seeking(_ driver: Driver) throws {
        let world = try World(driver)
        _ = try fill(world)
        let owner = try world.program()
        let directory = try owner.open("folder", O_RDONLY | O_DIRECTORY)
        func rest() throws -> [DirectoryName] {
            var names: [DirectoryName] = []
            while true {
                let some = try owner.getdents(directory, size: 4_096)
                if some.isEmpty { return names }
                names += some
            }
        }
        let all = try rest()
        for index in [0, 1, 2, 17, all.count / 2, all.count - 2, all.count - 1] {
            try owner.lseek(directory, all[index].next, SEEK_SET)
            #expect(try rest() == Array(all[(index + 1)...]), "from behind \(all[index].name)")
        }
        try world.put("folder/later", "x")
        #expect(try rest().map(\.name) == ["later"])
        try owner.lseek(directory, 0, SEEK_SET)
        #expect(try rest().map(\.name) == all.map(\.name) + ["later"])
    }

    @Test("While names come and go, those that stay are listed exactly once", arguments: Driver.allCases)
    func changing(_ driver: Driver) throws {
        let world = try World(driver)
        let names = try fill(world)
        let owner = try world.program()
        var gone: Set<String> = []
        let directory = try owner.open("folder", O_RDONLY | O_DIRECTORY)
        var listed: [String: Int] = [:]
        var turn = 0
        while true {
            let some = try owner.getdents(directory, size: 1_024)
            guard let last = some.last else { break }
            for name in some { listed[name.name, default: 0] += 1 }
            // One that was listed goes, one that wasn't yet, and a new one comes: not for ever, or it never ended.
            guard turn < 8 else { continue }
            let next = names.first { listed[$0] == nil && !gone.contains($0) }
            for victim in [last.name, next].compactMap({ $0 }) where names.contains(victim) {
                try world.delete("folder/" + victim)
                gone.insert(victim)
            }
            try world.put("folder/new\(turn)", "x")
            turn += 1
        }
        for name in names.subtracting(gone) { #expect(listed[name] == 1, "\(name)") }
        #expect(listed.values.allSatisfy { $0 == 1 })
        #expect(gone.count > 10 && turn == 8)
        #expect(try Set(owner.list("folder")) == names.subtracting(gone).union((0..<turn).map { "new\($0)" }))
    }

    @Test("What is hidden leaves no gap that tells of it but in the places", arguments: Driver.allCases)
    func hidden(_ driver: Driver) throws {
        let world = try World(driver)
        _ = try fill(world)
        try world.allow(World.bob, on: "folder/s1*")
        let bob = try world.program(World.bob)
        let directory = try bob.open("folder", O_RDONLY | O_DIRECTORY)
        var listed: [String] = []
        while true {
            let some = try bob.getdents(directory, size: 4_096)
            if some.isEmpty { break }
            listed += some.map(\.name)
        }
        #expect(listed.count == 2 + 1 + 10 + 100)
        #expect(listed.dropFirst(2).allSatisfy { $0.hasPrefix("s1") })
    }

    @Test("Folders that hold nothing are listed behind the others", arguments: Driver.allCases)
    func nascent(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("folder/a", "x")
        let owner = try world.program()
        for number in 0..<100 { try owner.mkdir("folder/n\(number)") }
        #expect(try owner.list("folder") == ["a"] + (0..<100).map { "n\($0)" })
        #expect(try owner.list("folder/a") == ["current", "versions", "metadata.json"])
        try owner.mkdirs("folder/a/below")
        #expect(try owner.list("folder/a") == ["current", "versions", "metadata.json", "below"])
    }

    @Test("A directory that vanishes while it is listed says so", arguments: Driver.allCases)
    func vanished(_ driver: Driver) throws {
        let world = try World(driver)
        try world.put("folder/a", "x")
        let owner = try world.program()
        let directory = try owner.open("folder/a/current", O_RDONLY | O_DIRECTORY)
        try world.delete("folder/a")
        #expect(try refusal { try owner.getdents(directory, size: 4_096) } == .noSuchFileOrDirectory)
        #expect(try refusal { try owner.list("folder") } == .noSuchFileOrDirectory)
    }
}
