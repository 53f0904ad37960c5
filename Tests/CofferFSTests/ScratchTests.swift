import CofferCore
import Fuse
import Glibc
import Testing

@testable import CofferFS

@Suite
struct ScratchTests {
    @Test(
        "A name that editors and tools use beside a file is scratch",
        arguments: [
            ".value.swp", ".value.XyZ123", ".#value", "#value#", "value~", "password~", "value.tmp",
            "value.lock",
            "password.bak", "password.orig", "value.oAbC123", "a.new", "a.part", "a.un~", "a.save",
        ])
    func plain(_ name: String) { #expect(ScratchName.isPlain(name)) }

    @Test(
        "A name that people use is not scratch",
        arguments: [
            "password", "db.host", "tmp", "tmpdatabase", "sedative", "4913", "values", "value2", "old-value",
            "bak",
            "a.backup", "locked", "newer", "~",
        ])
    func people(_ name: String) { #expect(!ScratchName.isPlain(name)) }

    @Test(
        "A random name is scratch where it is made with O_EXCL",
        arguments: [
            "4913", "sedI5DdtV", "XXLdKPsS", "poAbC123", "tmpab_1x9zq", "tmp.Ab12Cd34Ef", "user.AbC123",
            "user123456",
        ])
    func random(_ name: String) { #expect(ScratchName.isRandom(name, beside: ["value", "user"])) }

    @Test(
        "A name is not random because it begins like one",
        arguments: [
            "sedimental", "tmp", "tmpdb", "user.name", "user2", "username", "password", "XX", "positions",
        ])
    func notRandom(_ name: String) { #expect(!ScratchName.isRandom(name, beside: ["value", "user"])) }

    @Test("An editor is known under the names of all its builds")
    func builds() {
        for name in ["vi", "vim", "vim.basic", "vim.tiny", "vimdiff", "emacs", "emacs-nox", "nvim"] {
            #expect(ProgramHabits.savesAside(name))
            #expect(!ProgramHabits.replaces(name))
        }
        for name in ["rm", "unlink", "python3", "sh", "git", "shred", ""] {
            #expect(!ProgramHabits.savesAside(name) && !ProgramHabits.replaces(name))
        }
        #expect(ProgramHabits.replaces("mv") && !ProgramHabits.savesAside("mv"))
    }

    @Test("What all files and one user's may hold is bounded, and comes back")
    func budget() throws {
        let budget = MemoryBudget(limit: 100)
        do {
            let first = MemoryCharge(budget, uid: 1)
            try first.set(50)
            #expect(throws: Errno.noSpace) { try first.set(51) }
            let second = MemoryCharge(budget, uid: 2)
            try second.set(50)
            #expect(throws: Errno.noSpace) { try MemoryCharge(budget, uid: 3).set(1) }
            try first.set(49)
            try MemoryCharge(budget, uid: 3).set(1)
            #expect(budget.used == 99)
        }
        #expect(budget.used == 0)
    }

    private func file(_ files: ScratchFiles, uid: UInt32 = 1) -> ScratchFile {
        ScratchFile(
            number: files.takeNumber(), beside: (place("").secret, .current),
            look: ScratchFile.Look(
                permissions: 0o600, uid: uid, gid: 1, modified: Timespec(seconds: 0),
                accessed: Timespec(seconds: 0)),
            charge: MemoryCharge(MemoryBudget(limit: 1000), uid: uid))
    }

    private func place(_ name: String, uid: UInt32 = 1) -> ScratchFiles.Place {
        guard let secret = try? SecretName("a/b") else { preconditionFailure("a/b is a name") }
        return ScratchFiles.Place(secret: secret, label: .current, uid: uid, name: name)
    }

    @Test("A scratch file that nobody has open is forgotten after an hour, one that is open is not")
    func idle() throws {
        let files = ScratchFiles()
        let start = Timestamp(seconds: 1000)
        let closed = file(files)
        let open = file(files)
        try files.insert(closed, at: place(".closed"), isOpen: false, now: start)
        try files.insert(open, at: place(".open"), isOpen: true, now: start)
        files.dropIdle(now: start.adding(seconds: 3599))
        #expect(files.count == 2)
        files.dropIdle(now: start.adding(seconds: 3600))
        #expect(files[place(".closed")] == nil && files[closed.number] == nil)
        #expect(files[place(".open")] === open)
        files.close(open.number, now: start.adding(seconds: 9000))
        files.dropIdle(now: start.adding(seconds: 9001))
        #expect(files.count == 1)
    }

    @Test("A scratch file that is removed stays for who has it open")
    func removed() throws {
        let files = ScratchFiles()
        let now = Timestamp(seconds: 0)
        let first = file(files)
        try files.insert(first, at: place(".a"), isOpen: true, now: now)
        files.remove(first.number)
        #expect(files[place(".a")] == nil && files[first.number] === first)
        files.close(first.number, now: now)
        #expect(files.count == 0)
    }

    @Test("A scratch file that moves takes the name from the one that had it")
    func moves() throws {
        let files = ScratchFiles()
        let now = Timestamp(seconds: 0)
        let (first, second) = (file(files), file(files))
        try files.insert(first, at: place(".a"), isOpen: false, now: now)
        try files.insert(second, at: place(".b"), isOpen: false, now: now)
        files.move(first.number, to: place(".b"), now: now)
        #expect(files[place(".a")] == nil && files[place(".b")] === first && files.count == 1)
        files.move(first.number, to: place(".b"), now: now)
        #expect(files[place(".b")] === first)
    }

    @Test("One user has 256 scratch files at most, and names of one's own")
    func limit() throws {
        let files = ScratchFiles()
        let now = Timestamp(seconds: 0)
        for index in 0..<ScratchFiles.limitPerUser {
            try files.insert(file(files), at: place(".\(index)"), isOpen: false, now: now)
        }
        #expect(throws: Errno.noSpace) {
            try files.insert(file(files), at: place(".more"), isOpen: false, now: now)
        }
        try files.insert(file(files, uid: 2), at: place(".0", uid: 2), isOpen: false, now: now)
        #expect(throws: Errno.fileExists) {
            try files.insert(file(files, uid: 2), at: place(".0", uid: 2), isOpen: false, now: now)
        }
        #expect(files.files(in: place("").secret, .current, of: 2).map(\.name) == [".0"])
    }

    @Test("A name is absent for the process that removed it, for a minute")
    func absence() throws {
        let absences = Absences()
        let node = Node.file(1, .stage(1), member: nil)
        let now = Timestamp(seconds: 0)
        let process = Int32(getpid())
        try absences.insert(node, process: process, program: "install", now: now)
        #expect(absences.contains(node) && absences.contains(node, for: process, now: now))
        #expect(!absences.contains(node, for: 1, now: now))
        #expect(!absences.contains(.file(1, .stage(1), member: 1), for: process, now: now))
        #expect(absences.endOverdue(now: now.adding(seconds: 59)).isEmpty)
        #expect(!absences.contains(node, for: process, now: now.adding(seconds: 60)))
        #expect(absences.endOverdue(now: now.adding(seconds: 60)).map(\.program) == ["install"])
        #expect(!absences.contains(node))
        try absences.insert(node, process: process, program: "cp", now: now)
        absences.end(node, process: process)
        #expect(!absences.contains(node, for: process, now: now))
    }

    @Test("A process is the writer of what it wrote, for a minute")
    func writer() {
        let absences = Absences()
        let node = Node.file(1, .stage(1), member: nil)
        let now = Timestamp(seconds: 0)
        absences.noteWriter(7, of: node, now: now)
        #expect(absences.isWriter(7, of: node, now: now.adding(seconds: 59)))
        #expect(!absences.isWriter(7, of: node, now: now.adding(seconds: 60)))
        #expect(!absences.isWriter(8, of: node, now: now))
    }
}
