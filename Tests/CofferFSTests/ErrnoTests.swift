import CofferCore
import Foundation
import Fuse
import KeyService
import SecretStore
import SecretsManager
import Testing

/// One thing that the table in docs/filesystem.md says, as a call that is refused so.
struct ErrnoCase: Sendable, CustomTestStringConvertible {
    /// The constant in the table.
    let errno: String
    /// Words of the table's row by which it is found.
    let words: String
    /// Makes the call in a world that holds `a`, a JSON object, and `b`, text.
    let call: @Sendable (World) throws -> Errno?

    init(_ errno: String, _ words: String, _ call: @escaping @Sendable (World) throws -> Errno?) {
        self.errno = errno
        self.words = words
        self.call = call
    }

    var testDescription: String { "\(errno): \(words)" }

    static let all: [ErrnoCase] = [
        ErrnoCase("ENOENT", "isn't there") { world in
            try refusal { try world.program().open("a/current/absent", O_RDONLY) }
        },
        ErrnoCase("ENOENT", "may not see") { world in
            try refusal { try world.program(World.bob).stat("a/current/value") }
        },
        ErrnoCase("EACCES", "see but not read") { world in
            try world.allow(World.bob, actions: [.describeSecret], on: "a")
            return try refusal { try world.program(World.bob).open("a/current/value", O_RDONLY) }
        },
        ErrnoCase("EACCES", "or write") { world in
            try world.allow(World.bob, on: "a")
            return try refusal { try world.program(World.bob).open("a/current/value", O_WRONLY) }
        },
        ErrnoCase("EACCES", "key that is disabled") { world in
            try world.setKey(.disabled)
            return try refusal { try world.program().open("a/current/value", O_RDONLY) }
        },
        ErrnoCase("EROFS", "`previous/`") { world in
            try world.put("a", "{}")
            return try refusal { try world.program().open("a/previous/value", O_WRONLY) }
        },
        ErrnoCase("EROFS", "`versions/`") { world in
            let version = try world.put("a", "{}")
            return try refusal { try world.program().open("a/versions/\(version)/value", O_RDWR) }
        },
        ErrnoCase("EROFS", "`metadata.json`") { world in
            try refusal { try world.program().open("a/metadata.json", O_WRONLY) }
        },
        ErrnoCase("EROFS", "despite damage") { world in
            try world.restart { $0.servesDespiteDamage = true }
            return try refusal { try world.program().open("a/current/value", O_WRONLY) }
        },
        ErrnoCase("EFBIG", "over the limit") { world in
            try refusal {
                try world.program().put("a/current/value", [UInt8](repeating: 1, count: 65_537))
            }
        },
        ErrnoCase("ENOSPC", "full disk") { world in
            world.store.failCommits(with: .full)
            return try refusal { try world.program().put("a/current/value", "x") }
        },
        ErrnoCase("ENOSPC", "empty folders") { world in
            let owner = try world.program()
            for number in 0..<1024 { try owner.mkdir("f\(number)") }
            return try refusal { try owner.mkdir("one-more") }
        },
        ErrnoCase("EIO", "fails authentication") { world in
            try world.restart()
            world.store.changeValues()
            return try refusal { try world.program().contents("a/current/value") }
        },
        ErrnoCase("EIO", "audit trail") { _ in
            let world = try World(.inProcess, hasSmallAuditDisk: true)
            try world.put("a", "x")
            try world.fillAuditDisk()
            let owner = try world.program()
            for _ in 0..<100 {
                if let refused = try refusal(of: { try owner.contents("a/current/value") }) { return refused }
            }
            return nil
        },
        ErrnoCase("EINVAL", "isn't UTF-8") { world in
            try refusal { try world.program().put("a/current/text", [0xff]) }
        },
        ErrnoCase("EINVAL", "no JSON") { world in
            try refusal { try world.program().put("a/current/number", "x") }
        },
        ErrnoCase("EINVAL", "character") { world in
            try refusal { try world.program().mkdir("no space") }
        },
        ErrnoCase("EDQUOT", "more labels") { world in
            let version = try #require(try world.record("a").version(labelled: .current)).id.text
            for number in 1..<20 { try world.move(try StagingLabel("l\(number)"), of: "a", to: version) }
            return try refusal { try world.program().put("a/current/value", "{}") }
        },
        ErrnoCase("EEXIST", "O_EXCL") { world in
            try refusal { try world.program().open("a/current/value", O_WRONLY | O_CREAT | O_EXCL) }
        },
        ErrnoCase("EEXIST", "`mkdir` of one") { world in
            try refusal { try world.program().mkdir("a") }
        },
        ErrnoCase("ENAMETOOLONG", "255 bytes") { world in
            try refusal { try world.program().mkdir(String(repeating: "n", count: 256)) }
        },
        ErrnoCase("ENAMETOOLONG", "255 bytes") { world in
            try refusal { try world.program().stat(String(repeating: "n", count: 256)) }
        },
        ErrnoCase("ENAMETOOLONG", "255 bytes") { world in
            let name = "a/current/" + String(repeating: "n", count: 256)
            return try refusal { try world.program().open(name, O_WRONLY | O_CREAT) }
        },
        ErrnoCase("ENAMETOOLONG", "path over 512") { world in
            let owner = try world.program()
            let long = String(repeating: "n", count: 255)
            try owner.mkdirs(long + "/" + long)
            return try refusal { try owner.mkdir("\(long)/\(long)/x") }
        },
        ErrnoCase("EPERM", "`unlink`") { world in
            try refusal { try world.program().unlink("a/current/value") }
        },
        ErrnoCase("EPERM", "`rename`") { world in
            try refusal { try world.program().rename("a/current/text", to: "a/current/other") }
        },
        ErrnoCase("EPERM", "`link`") { world in
            try refusal { try world.program().link("a/current/value", to: "a/current/other") }
        },
        ErrnoCase("EPERM", "`symlink`") { world in
            try refusal { try world.program().symlink("a/current/other", to: "value") }
        },
        ErrnoCase("EPERM", "`mknod`") { world in
            try refusal { try world.program().mknod("a/current/other", mode: S_IFIFO | 0o600, device: 0) }
        },
        ErrnoCase("EPERM", "`chmod`") { world in
            try refusal { try world.program().chmod("a/current/value", 0o644) }
        },
        ErrnoCase("EPERM", "`chown`") { world in
            try world.allow(0, actions: StatementDraft.readActions + [.putSecretValue], on: "a")
            return try refusal { try world.program(0).chown("a/current/value", uid: 1, gid: 1) }
        },
        ErrnoCase("EPERM", "new file where no member can be") { world in
            try refusal { try world.program().open("b/current/member", O_WRONLY | O_CREAT) }
        },
        ErrnoCase("EPERM", "reserved name") { world in try refusal { try world.program().mkdir("versions") }
        },
        ErrnoCase("EPERM", "of `metadata.json`") { world in
            try refusal { try world.program().unlink("a/metadata.json") }
        },
        ErrnoCase("ENODATA", "empty file renamed") { world in
            let owner = try world.program()
            try owner.put("a/current/.tmp", "", O_CREAT | O_EXCL)
            return try refusal { try owner.rename("a/current/.tmp", to: "a/current/value") }
        },
        ErrnoCase("EINVAL", "RENAME_EXCHANGE") { world in
            let owner = try world.program()
            try owner.put("a/current/.tmp", "x", O_CREAT | O_EXCL)
            return try refusal { try owner.rename("a/current/.tmp", to: "a/current/value", flags: 2) }
        },
        ErrnoCase("ELOOP", "symbolic link") { world in
            let owner = try world.program()
            try owner.symlink("a/current/.#value", to: "somebody")
            return try refusal { try owner.open("a/current/.#value", O_RDONLY | O_NOFOLLOW) }
        },
        ErrnoCase("ENOTEMPTY", "holds secrets") { world in
            try world.put("folder/c", "x")
            return try refusal { try world.program().rmdir("folder") }
        },
        ErrnoCase("EACCES", "strict secret") { world in
            let owner = try world.program()
            let file = try owner.open("a/current/value", O_RDONLY)
            try world.makeStrict("a")
            try world.deny(World.owner, actions: [.getSecretValue], on: "a")
            return try refusal { try owner.read(file, 1) }
        },
        ErrnoCase("ESTALE", "`user.coffer.expect` is another version") { world in
            let owner = try world.program()
            let file = try owner.open("a/current/value", O_WRONLY | O_TRUNC)
            let expected = try #require(try world.record("a").version(labelled: .current)).id.text
            try owner.setxattr("a/current/value", "user.coffer.expect", Array(expected.utf8))
            try owner.write(file, "mine")
            try world.put("a", "theirs")
            let refused = try refusal { try owner.close(file) }
            #expect(try world.value("a") == "theirs")
            return refused
        },
        ErrnoCase("EOPNOTSUPP", "another name set") { world in
            try refusal { try world.program().setxattr("a/current/value", "user.other", [1]) }
        },
        ErrnoCase("EOPNOTSUPP", "outside `user.`") { world in
            try world.allow(0, on: "a")
            return try refusal { try world.program(0).setxattr("a/current/value", "trusted.x", [1]) }
        },
        ErrnoCase("ENODATA", "isn't there") { world in
            try refusal { try world.program().getxattr("a/current/value", "user.other") }
        },
        ErrnoCase("EEXIST", "XATTR_CREATE where it is") { world in
            try refusal {
                try world.program().setxattr("a/current/value", "user.coffer.stages", [65], flags: 1)
            }
        },
        ErrnoCase("EBADF", "without a draft") { world in
            try refusal {
                try world.program().setxattr("a/current/value", "user.coffer.expect", Array("none".utf8))
            }
        },
        ErrnoCase("EINVAL", "no version id") { world in
            try refusal { try world.program().setxattr("a/current/value", "user.coffer.expect", [1]) }
        },
        ErrnoCase("EACCES", "by who may not write") { world in
            try world.allow(World.bob, on: "a")
            let bob = try world.program(World.bob)
            return try refusal { try bob.setxattr("a/current/value", "user.coffer.stages", [65]) }
        },
        ErrnoCase("EROFS", "on `previous/`") { world in
            try world.put("a", "{}")
            let owner = try world.program()
            return try refusal { try owner.setxattr("a/previous/value", "user.coffer.stages", [65]) }
        },
        ErrnoCase("ENXIO", "from the end on") { world in
            let owner = try world.program()
            let file = try owner.open("b/current/value", O_RDONLY)
            return try refusal { try owner.lseek(file, 4, seekData) }
        },
        ErrnoCase("EISDIR", "writing a directory") { world in
            try refusal { try world.program().open("a/current", O_WRONLY) }
        },
        ErrnoCase("ENOTDIR", "below a file") { world in
            try refusal { try world.program().stat("a/metadata.json/x") }
        },
        ErrnoCase("EBADF", "open for writing only") { world in
            let owner = try world.program()
            let file = try owner.open("a/current/value", O_WRONLY)
            return try refusal { try owner.read(file, 1) }
        },
        ErrnoCase("EBUSY", "new member") { world in
            let owner = try world.program()
            _ = try owner.open("a/current/new", O_WRONLY | O_CREAT)
            return try refusal { try owner.open("a/current/new", O_WRONLY) }
        },
        ErrnoCase("EBUSY", "being made") { world in
            let owner = try world.program()
            try owner.mkdirs("new/current")
            _ = try owner.open("new/current/value", O_WRONLY | O_CREAT)
            return try refusal { try owner.open("new/current/value", O_WRONLY) }
        },
    ]
}

@Suite("The table of errnos")
struct ErrnoTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// What no call here can bring about.
    private static let unreachable: Set = ["ENOMEM"]

    /// What no system call of `Program` brings about, and the scenario that shows it.
    private static let elsewhere = [
        "what would fill the page cache": "strict-secret.sh",
        "mappings of a draft": "editing-scratch.sh",
    ]

    /// The table's rows: each thing that is refused, and its constant. Several of each, divided by `;`, go in pairs.
    private func rows() throws -> [(clause: String, errno: String)] {
        let text = try String(contentsOf: Self.root.appending(path: "docs/filesystem.md"), encoding: .utf8)
        let table = try #require(text.split(separator: "| what | errno |").last)
        let lines = table.split(separator: "\n").filter { $0.hasPrefix("| ") && !$0.hasPrefix("| ---") }
        return try lines.flatMap { row in
            let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            let clauses = cells[0].split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
            let errnos = cells[1].split(separator: ";").map { cell in
                String(cell.trimmingCharacters(in: .whitespaces).prefix { $0.isUppercase || $0.isNumber })
            }
            if errnos.count == 1 { return clauses.map { ($0, errnos[0]) } }
            try #require(clauses.count == errnos.count, "the row '\(row)' has other errnos than things")
            return Array(zip(clauses, errnos))
        }
    }

    @Test(
        "A call is refused with the errno that the table gives it", arguments: Driver.allCases, ErrnoCase.all)
    func row(_ driver: Driver, _ row: ErrnoCase) throws {
        let world = try World(driver)
        try world.put("a", #"{"text":"t","number":1}"#)
        try world.put("b", "text")
        let refused = try row.call(world)
        #expect(refused.map(Self.constant) == row.errno)
    }

    @Test("Every row of the table has a case here, and every case stands in the table")
    func complete() throws {
        let rows = try rows()
        #expect(rows.count > 12, "the table was not found")
        for (clause, errno) in rows where !Self.unreachable.contains(errno) {
            if let script = Self.elsewhere.first(where: { clause.contains($0.key) })?.value {
                let path = Self.root.appending(path: "Tests/MountTests/Scenarios/" + script).path
                #expect(FileManager.default.fileExists(atPath: path), "\(script) is missing")
                continue
            }
            #expect(
                ErrnoCase.all.contains { $0.errno == errno && clause.contains($0.words) },
                "nothing here shows that '\(clause)' is \(errno)")
        }
        for row in ErrnoCase.all {
            #expect(
                rows.contains { $0.errno == row.errno && $0.clause.contains(row.words) },
                "docs/filesystem.md does not say that '\(row.words)' is \(row.errno)")
        }
    }

    @Test("Every errno that the file system can answer stands in the table")
    func answers() throws {
        let constants = try errnoNames()
        let listed = Set(try rows().map(\.errno))
        let sources = Self.root.appending(path: "Sources/CofferFS")
        for file in try FileManager.default.contentsOfDirectory(atPath: sources.path) {
            let text = try String(contentsOf: sources.appending(path: file), encoding: .utf8)
            for found in text.matches(of: /(?:throw |fail\(|Errno)\.(\w+)/) {
                guard let constant = constants[String(found.1)] else { continue }
                #expect(listed.contains(constant), "\(file) answers \(constant), which is not in the table")
            }
        }
    }

    /// The names of Sources/Fuse/Errno.swift and the constants that its comments give them.
    private func errnoNames() throws -> [String: String] {
        let text = try String(
            contentsOf: Self.root.appending(path: "Sources/Fuse/Errno.swift"), encoding: .utf8)
        var names: [String: String] = [:]
        for found in text.matches(of: /let (\w+) = Errno\(rawValue: (E\w+)\)/) {
            names[String(found.1)] = String(found.2)
        }
        #expect(names.count > 30, "no errnos were found")
        return names
    }

    private static func constant(_ errno: Errno) -> String {
        let known: [Int32: String] = [
            ENOENT: "ENOENT", EACCES: "EACCES", EROFS: "EROFS", EFBIG: "EFBIG", ENOSPC: "ENOSPC", EIO: "EIO",
            EINVAL: "EINVAL", EDQUOT: "EDQUOT", EEXIST: "EEXIST", ENAMETOOLONG: "ENAMETOOLONG",
            EPERM: "EPERM",
            ENOTEMPTY: "ENOTEMPTY", EOPNOTSUPP: "EOPNOTSUPP", EISDIR: "EISDIR", ENOTDIR: "ENOTDIR",
            EBADF: "EBADF", EBUSY: "EBUSY", ESTALE: "ESTALE", ENODATA: "ENODATA", ERANGE: "ERANGE",
            ENOMEM: "ENOMEM", ELOOP: "ELOOP", EXDEV: "EXDEV", ENXIO: "ENXIO",
        ]
        return known[errno.rawValue] ?? "errno \(errno.rawValue)"
    }
}
