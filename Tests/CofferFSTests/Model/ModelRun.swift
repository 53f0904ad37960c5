import CofferCore
import Fuse
import Glibc
import SecretsManager

/// A random sequence of calls, made on the tree and on the model; any difference ends it.
final class ModelRun {
    /// What a call on the tree gave, and should have.
    struct Difference: Error, CustomStringConvertible {
        let description: String
    }

    /// An open file, shared by the descriptors that dup and fork made of one.
    final class OpenFile {
        enum Content {
            case snapshot([UInt8])
            case draft(TreeModel.Draft)
        }
        let content: Content
        let path: String
        let opener: Int
        let isAppend: Bool
        let isReadable: Bool
        var uses = 1

        init(_ content: Content, path: String, opener: Int, flags: Int32) {
            self.content = content
            self.path = path
            self.opener = opener
            isAppend = flags & O_APPEND != 0
            isReadable = flags & O_ACCMODE != O_WRONLY
        }
    }

    /// A process, and what it has open.
    final class Process {
        let number: Int
        let program: any Program
        let isChild: Bool
        var files: [Int32: OpenFile] = [:]

        init(_ number: Int, _ program: any Program, isChild: Bool) {
            self.number = number
            self.program = program
            self.isChild = isChild
        }
    }

    let world: World
    let model = TreeModel()
    var random: SeededNumbers
    /// What was done, the last thing last.
    private(set) var history: [String] = []

    /// Secrets of plain bytes; the last of them are made through the mount.
    let plain = ["p0", "p1", "folder/p2", "p0/nested", "made0", "made1/deep"].map(TreeModel.Secret.init)
    /// Secrets whose value is an object of strings.
    let objects = ["o0", "folder/o1"].map(TreeModel.Secret.init)
    var processes: [Process] = []
    let reader: any Program
    let stranger: any Program
    private var nextNumber = 0
    /// Whether the tree keeps scratch files, which can be renamed over a value.
    let hasScratch: Bool

    init(_ driver: Driver, seed: UInt64) throws {
        world = try World(driver)
        random = SeededNumbers(seed: seed)
        try world.allow(World.bob, on: "*")
        reader = try world.program(World.bob)
        stranger = try world.program(World.alice)
        for secret in plain.dropLast(2) {
            _ = secret.add(Array("first of \(secret.name)".utf8), .current)
        }
        for secret in objects {
            _ = secret.add(ModelObject([("x", "1"), ("y", "two")]).bytes, .current)
        }
        let owner = try world.program()
        for secret in plain + objects where secret.exists {
            try world.put(secret.name, String(decoding: secret.versions[0].bytes, as: UTF8.self))
        }
        let probe = try refusal {
            try owner.close(try owner.open("p0/current/.probe.tmp", O_WRONLY | O_CREAT | O_EXCL))
            try owner.unlink("p0/current/.probe.tmp")
        }
        hasScratch = probe == nil
        for _ in 0..<3 { try addProcess(world.program(), isChild: false) }
    }

    func addProcess(_ program: any Program, isChild: Bool) {
        processes.append(Process(nextNumber, program, isChild: isChild))
        nextNumber += 1
    }

    /// Makes one random step; whole checks now and then.
    func step(_ number: Int) throws {
        try operation()()
        let open = Set(processes.flatMap { $0.files.values.map(ObjectIdentifier.init) }).count
        try world.settle(openFiles: open)
        if number % 97 == 0 { try checkAll() }
    }

    func note(_ what: String) {
        history.append(what)
        if history.count > 60 { history.removeFirst(20) }
    }

    func pick<Element>(_ some: [Element]) -> Element { some[Int.random(in: some.indices, using: &random)] }

    func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    func expect(_ refused: Errno?, _ failure: TreeModel.Failure?, _ what: String) throws {
        let expected: Errno? =
            switch failure {
            case .tooLarge: .fileTooLarge
            case .notPermitted: .notPermitted
            case .absent: .noSuchFileOrDirectory
            case .denied: .permissionDenied
            case .invalid: .invalidArgument
            case nil: nil
            }
        guard refused == expected else {
            throw Difference(
                description:
                    "\(what): \(refused.map(\.description) ?? "succeeded"), not \(expected.map(\.description) ?? "success")"
            )
        }
    }

    func expect<Value: Equatable>(_ got: Value, _ wanted: Value, _ what: String) throws {
        guard got != wanted else { return }
        let (got, wanted) = (String(describing: got).prefix(300), String(describing: wanted).prefix(300))
        throw Difference(description: "\(what): \(got), not \(wanted)")
    }

    /// Compares everything that can be seen.
    func checkAll() throws {
        note("check everything")
        for secret in plain + objects {
            guard secret.isThere else {
                try expect(
                    refusal { try reader.stat(secret.name + "/current/value") }, .absent,
                    secret.name + " isn't there")
                continue
            }
            try check(secret)
        }
    }

    private func check(_ secret: TreeModel.Secret) throws {
        for label in TreeModel.Label.allCases {
            let path = "\(secret.name)/\(label.rawValue)/value"
            guard let version = secret.labels[label] else {
                try expect(refusal { try reader.stat(path) }, .absent, path)
                continue
            }
            try expect(reader.bytes(path), version.bytes, path)
            let status = try reader.stat(path)
            try expect(status.size, version.bytes.count, "size of " + path)
            // The time of a version moves only when it is written.
            if let seen = version.seen, seen.rewrites == version.rewrites {
                try expect(status.modified, seen.modified, "mtime of " + path)
            }
            version.seen = (version.rewrites, status.modified)
            try expect(refusal { try stranger.stat(path) }, .absent, "a stranger's look at " + path)
        }
        let listed = try Set(reader.list(secret.name)).intersection(TreeModel.Label.allCases.map(\.rawValue))
        try expect(listed, Set(secret.labels.keys.map(\.rawValue)), "stages of " + secret.name)
        let ids = try reader.list(secret.name + "/versions")
        try expect(ids.count, secret.versions.count, "number of versions of " + secret.name)
        let index = Int.random(in: ids.indices, using: &random)
        try expect(
            reader.bytes("\(secret.name)/versions/\(ids[index])/value"), secret.versions[index].bytes,
            "version \(index + 1) of " + secret.name)
        guard let value = secret.labels[.current], let object = ModelObject(value.bytes) else { return }
        try expect(
            Set(reader.list(secret.name + "/current")), Set(object.members.map(\.name) + ["value"]),
            "members of " + secret.name)
        for member in object.members {
            try expect(
                reader.contents("\(secret.name)/current/\(member.name)"), member.text, "member \(member.name)"
            )
        }
    }

    /// Ends every process and begins anew on what is stored.
    func restartAndCheck() throws {
        while let process = processes.first { try exit(process) }
        try world.settle()
        try checkAll()
        try world.restart()
        let owner = try world.program()
        for secret in plain + objects where secret.isThere {
            for (label, version) in secret.labels {
                try expect(
                    owner.bytes("\(secret.name)/\(label.rawValue)/value"), version.bytes,
                    "\(secret.name) after a restart")
            }
            try expect(
                world.versions(secret.name), secret.versions.count,
                "versions of \(secret.name) after a restart")
        }
    }
}
