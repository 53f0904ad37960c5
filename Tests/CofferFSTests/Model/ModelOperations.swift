import CofferCore
import Fuse
import Glibc
import SecretsManager

// The operations of a model run. A new one gets a line in the table, and its share of the steps.
extension ModelRun {
    private static let table: [(share: Int, make: @Sendable (ModelRun) -> () throws -> Void)] = [
        (10, { $0.openForReading }), (14, { $0.openForWriting }), (16, { $0.write }), (10, { $0.read }),
        (4, { $0.resize }), (4, { $0.fsync }), (14, { $0.close }), (4, { $0.dup }), (2, { $0.fork }),
        (3, { $0.exitChild }), (3, { $0.truncate }), (5, { $0.readAsAnother }), (2, { $0.refusedChanges }),
        (3, { $0.moveLabel }), (3, { $0.rotate }), (1, { $0.removeSecret }), (2, { $0.restoreSecret }),
        (1, { $0.makeSecret }), (2, { $0.makePending }), (5, { $0.wholeWrite }), (3, { $0.renameOver }),
    ]
    private static let shares = table.reduce(0) { $0 + $1.share }

    /// Chooses the next operation.
    func operation() -> () throws -> Void {
        var number = Int.random(in: 0..<Self.shares, using: &random)
        for (share, make) in Self.table {
            if number < share { return make(self) }
            number -= share
        }
        return checkAll
    }

    // MARK: Choosing

    private var text: [UInt8] {
        let count =
            chance(2) ? Int.random(in: 0...70_000, using: &random) : Int.random(in: 1...40, using: &random)
        let letter = UInt8(ascii: "a") + UInt8.random(in: 0..<26, using: &random)
        return (0..<count).map { letter + UInt8($0 % 3 == 0 ? 0 : 1) }
    }

    private var object: [UInt8] {
        let names = ["x", "y", "z", "user name", "w"].shuffled(using: &random).prefix(
            Int.random(in: 1...4, using: &random))
        return ModelObject(names.map { ($0, String(decoding: text.prefix(200), as: UTF8.self)) }).bytes
    }

    private struct Target {
        let secret: TreeModel.Secret
        let label: TreeModel.Label
        let member: String?
        var path: String { "\(secret.name)/\(label.rawValue)/\(member ?? "value")" }
    }

    /// A file that may be there or not.
    private var target: Target {
        let isMember = chance(30)
        let secret = pick(isMember ? objects : plain)
        let label: TreeModel.Label = chance(75) ? .current : pick(TreeModel.Label.allCases)
        return Target(
            secret: secret, label: label, member: isMember ? pick(["x", "y", "z", "user name"]) : nil)
    }

    /// What stands at a target now; nil where nothing does.
    private func content(_ target: Target) -> [UInt8]? {
        guard target.secret.isThere, let version = target.secret.labels[target.label] else { return nil }
        guard let member = target.member else { return version.bytes }
        return ModelObject(version.bytes)?[member].map { Array($0.utf8) }
    }

    /// An open file of some process.
    private func pickFile() -> (Process, Int32, OpenFile)? {
        let all = processes.flatMap { process in
            process.files.keys.sorted().map { (process, $0, process.files[$0]!) }
        }
        return all.isEmpty ? nil : pick(all)
    }

    private var openCount: Int { processes.reduce(0) { $0 + $1.files.count } }

    // MARK: Files

    private func openForReading() throws {
        guard openCount < 40 else { return }
        let (target, process) = (target, pick(processes))
        note("\(process.number) opens \(target.path) for reading")
        var file: Int32 = -1
        let refused = try refusal { file = try process.program.open(target.path, O_RDONLY) }
        guard let bytes = content(target) else { return try expect(refused, .absent, target.path) }
        try expect(refused, nil, target.path)
        process.files[file] = OpenFile(
            .snapshot(bytes), path: target.path, opener: process.number, flags: O_RDONLY)
    }

    private func openForWriting() throws {
        guard openCount < 40 else { return }
        let (target, process) = (target, pick(processes))
        let flags =
            pick([O_WRONLY, O_RDWR]) | (chance(40) ? O_TRUNC : 0) | (chance(20) ? O_APPEND : 0)
        note("\(process.number) opens \(target.path) for writing, flags \(flags)")
        var file: Int32 = -1
        let refused = try refusal { file = try process.program.open(target.path, flags) }
        guard let bytes = content(target) else { return try expect(refused, .absent, target.path) }
        if target.label == .previous {
            guard refused == .readOnlyFileSystem else {
                throw Difference(description: "\(target.path) opened for writing: \(refused as Errno?)")
            }
            return
        }
        try expect(refused, nil, target.path)
        let draft = TreeModel.Draft(
            target.secret, target.label, member: target.member, base: bytes, isTruncated: flags & O_TRUNC != 0
        )
        process.files[file] = OpenFile(.draft(draft), path: target.path, opener: process.number, flags: flags)
    }

    private func write() throws {
        guard let (process, number, file) = pickFile(), case .draft(let draft) = file.content else { return }
        let bytes = text
        let end = draft.bytes.count
        let offset =
            draft.member != nil
            ? min(end, Int.random(in: 0...max(1, end), using: &random))
            : chance(3)
                ? Int.random(in: 60_000...70_000, using: &random)
                : Int.random(in: 0...(end + 5), using: &random)
        guard !bytes.isEmpty else { return }
        note(
            "\(process.number) writes \(bytes.count) bytes at \(offset) of \(file.path), descriptor \(number)"
        )
        let refused = try refusal { try process.program.pwrite(number, bytes, at: offset) }
        try expect(
            refused, model.write(bytes, at: file.isAppend ? nil : offset, to: draft), "write to \(file.path)")
    }

    private func read() throws {
        guard let (process, number, file) = pickFile(), file.isReadable else { return }
        let bytes: [UInt8]
        switch file.content {
        case .snapshot(let snapshot): bytes = snapshot
        case .draft(let draft):
            guard draft.failure == nil else { return }
            bytes = draft.bytes
        }
        let offset = Int.random(in: 0...(bytes.count + 3), using: &random)
        let count = chance(30) ? 70_000 : Int.random(in: 1...50, using: &random)
        note("\(process.number) reads \(count) bytes at \(offset) of \(file.path), descriptor \(number)")
        let got = try process.program.pread(number, count, at: offset)
        try expect(got, Array(bytes.dropFirst(offset).prefix(count)), "read of \(file.path)")
        // fstat comes without a handle: files that one process opened at one place can't be told apart.
        let isAlone = processes.allSatisfy { other in
            other.files.values.allSatisfy {
                $0 === file || $0.path != file.path || $0.opener != process.number
            }
        }
        if file.opener == process.number, isAlone {
            try expect(try process.program.fstat(number).size, bytes.count, "fstat of \(file.path)")
        }
    }

    private func resize() throws {
        guard let (process, number, file) = pickFile(), case .draft(let draft) = file.content else { return }
        // What a member grows by would be zeros, which its text would have to escape.
        let most = draft.member == nil ? draft.bytes.count + 20 : draft.bytes.count
        let size =
            chance(3) && draft.member == nil
            ? 65_537 : chance(30) ? 0 : Int.random(in: 0...most, using: &random)
        note("\(process.number) sets the size of \(file.path), descriptor \(number), to \(size)")
        let refused = try refusal { try process.program.ftruncate(number, size) }
        try expect(refused, model.resize(draft, to: size), "ftruncate of \(file.path)")
    }

    private func fsync() throws {
        guard let (process, number, file) = pickFile() else { return }
        note("\(process.number) syncs \(file.path), descriptor \(number)")
        let refused = try refusal { try process.program.fsync(number) }
        guard case .draft(let draft) = file.content else { return try expect(refused, nil, "fsync") }
        try expect(refused, model.commit(draft), "fsync of \(file.path)")
    }

    private func close() throws {
        guard let (process, number, file) = pickFile() else { return }
        note("\(process.number) closes \(file.path), descriptor \(number)")
        let refused = try refusal { try process.program.close(number) }
        try expect(refused, forget(number, of: process), "close of \(file.path)")
    }

    /// What the close of a descriptor makes of the model.
    private func forget(_ number: Int32, of process: Process) -> TreeModel.Failure? {
        guard let file = process.files.removeValue(forKey: number) else { return nil }
        file.uses -= 1
        guard case .draft(let draft) = file.content else { return nil }
        if file.opener == process.number { return model.commit(draft) }
        if file.uses == 0 { _ = model.commit(draft) }
        return nil
    }

    private func dup() throws {
        guard openCount < 40, let (process, number, file) = pickFile() else { return }
        note("\(process.number) duplicates descriptor \(number) of \(file.path)")
        process.files[try process.program.dup(number)] = file
        file.uses += 1
    }

    private func fork() throws {
        guard processes.count < 6, openCount < 30 else { return }
        let parent = pick(processes)
        note("\(parent.number) forks")
        addProcess(try world.fork(parent.program), isChild: true)
        let child = processes[processes.count - 1]
        child.files = parent.files
        for file in parent.files.values { file.uses += 1 }
    }

    private func exitChild() throws {
        let children = processes.filter(\.isChild)
        guard !children.isEmpty else { return }
        try exit(pick(children))
    }

    func exit(_ process: Process) throws {
        note("\(process.number) ends")
        try process.program.exit()
        processes.removeAll { $0 === process }
        for number in process.files.keys.sorted() { _ = forget(number, of: process) }
    }

    private func truncate() throws {
        let (target, process) = (target, pick(processes))
        guard target.member == nil || chance(50) else { return }
        let before = content(target)
        let size =
            target.member != nil
            ? Int.random(in: 0...(before?.count ?? 0), using: &random)
            : Int.random(in: 0...60, using: &random)
        note("\(process.number) truncates \(target.path) to \(size)")
        let refused = try refusal { try process.program.truncate(target.path, size) }
        guard let before else { return try expect(refused, .absent, target.path) }
        guard target.label != .previous else { return }
        let draft = TreeModel.Draft(
            target.secret, target.label, member: target.member, base: before, isTruncated: size == 0)
        let failure = model.resize(draft, to: size) ?? model.commit(draft)
        try expect(refused, failure, "truncate of \(target.path)")
    }

    /// Opens, writes and closes, as the shell's `>` does.
    private func wholeWrite() throws {
        let (target, process) = (target, pick(processes))
        let isObject = target.member == nil && chance(40)
        let secret = isObject ? pick(objects) : target.secret
        let target2 = Target(secret: secret, label: .current, member: isObject ? nil : target.member)
        guard content(target2) != nil else { return }
        let bytes = isObject ? object : Array(text.prefix(60_000))
        guard !bytes.isEmpty else { return }
        note("\(process.number) writes the whole of \(target2.path)")
        let refused = try refusal { try process.program.put(target2.path, bytes, O_TRUNC) }
        let draft = TreeModel.Draft(
            secret, .current, member: target2.member, base: content(target2), isTruncated: true)
        let failure = model.write(bytes, at: 0, to: draft) ?? model.commit(draft)
        try expect(refused, failure, "writing \(target2.path)")
    }

    /// Writes a scratch file beside a value and renames it over the value.
    private func renameOver() throws {
        let (secret, process) = (pick(plain), pick(processes))
        guard hasScratch, secret.isThere, let before = secret.labels[.current] else { return }
        let directory = secret.name + "/current/"
        let bytes = Array(text.prefix(60_000))
        note("\(process.number) renames a scratch file of \(bytes.count) bytes over \(directory)value")
        try process.program.put(directory + ".work.tmp", bytes, O_CREAT | O_EXCL)
        if bytes.isEmpty || chance(10) { return try process.program.unlink(directory + ".work.tmp") }
        try process.program.rename(directory + ".work.tmp", to: directory + "value")
        let draft = TreeModel.Draft(secret, .current, member: nil, base: before.bytes, isTruncated: true)
        try expect(nil, model.write(bytes, at: 0, to: draft) ?? model.commit(draft), "rename")
        try expect(
            refusal { try process.program.stat(directory + ".work.tmp") }, .absent,
            "a scratch file that was renamed")
    }

    // MARK: Others

    private func readAsAnother() throws {
        let target = target
        note("another user reads \(target.path)")
        var bytes: [UInt8] = []
        let refused = try refusal { bytes = try reader.bytes(target.path) }
        if let wanted = content(target) {
            try expect(refused, nil, target.path)
            try expect(bytes, wanted, "\(target.path) as another user reads it")
            try expect(try reader.stat(target.path).size, wanted.count, "size of \(target.path)")
            let write = try refusal { try reader.open(target.path, O_WRONLY) }
            guard write == .permissionDenied || write == .readOnlyFileSystem else {
                throw Difference(description: "another user may write \(target.path)")
            }
        } else {
            try expect(refused, .absent, target.path)
        }
        try expect(
            refusal { try stranger.open(target.path, O_RDONLY) }, .absent, "a stranger at \(target.path)")
    }

    /// What never works, and changes nothing.
    private func refusedChanges() throws {
        let (target, process) = (target, pick(processes))
        guard content(target) != nil, target.label == .current else { return }
        note("\(process.number) tries what is refused at \(target.path)")
        let program = process.program
        try expect(refusal { try program.unlink(target.path) }, .notPermitted, "unlink")
        try expect(
            refusal { try program.rename(target.path, to: target.path + ".bak") }, .notPermitted, "rename")
        try expect(refusal { try program.link(target.path, to: target.path + "2") }, .notPermitted, "link")
        try expect(refusal { try program.rmdir(target.secret.name + "/current") }, .notPermitted, "rmdir")
    }

    // MARK: Secrets and labels

    private func moveLabel() throws {
        let secret = pick(plain + objects)
        guard secret.isThere, let version = secret.versions.randomElement(using: &random) else { return }
        let label = pick([TreeModel.Label.current, .current, .canary, .pending])
        let index = secret.versions.firstIndex { $0 === version }!
        note("\(label) of \(secret.name) moves to version \(index + 1) of \(secret.versions.count)")
        try world.move(
            try StagingLabel(label.rawValue), of: secret.name,
            to: try world.record(secret.name).versions[index].id.text)
        secret.move(label, to: version)
        secret.prune()
    }

    private func rotate() throws {
        let isObject = chance(40)
        let secret = pick(isObject ? objects : plain)
        let bytes = isObject ? object : Array(text.prefix(60_000))
        guard secret.isThere, !bytes.isEmpty else { return }
        let label = pick([TreeModel.Label.current, .pending])
        note("a version of \(secret.name) is put as \(label)")
        try world.put(
            secret.name, String(decoding: bytes, as: UTF8.self), stages: [try StagingLabel(label.rawValue)])
        _ = secret.add(bytes, label)
    }

    private func removeSecret() throws {
        let (secret, process) = (pick(plain + objects), pick(processes))
        guard secret.isThere else { return }
        note("\(process.number) removes \(secret.name)")
        let refused = try refusal { try process.program.rmdir(secret.name) }
        let hasNested = plain.contains { $0.isThere && $0.name.hasPrefix(secret.name + "/") }
        guard !hasNested else {
            guard refused == .directoryNotEmpty else {
                throw Difference(description: "\(secret.name), which has secrets below it, was removed")
            }
            return
        }
        try expect(refused, nil, "rmdir of \(secret.name)")
        secret.isScheduled = true
    }

    private func restoreSecret() throws {
        guard let secret = (plain + objects).first(where: \.isScheduled) else { return }
        note("\(secret.name) is restored")
        try world.restore(secret.name)
        secret.isScheduled = false
    }

    private func makeSecret() throws {
        guard let secret = plain.first(where: { !$0.exists }) else { return }
        let process = pick(processes)
        note("\(process.number) makes \(secret.name)")
        let bytes = text.prefix(100) + [33]
        try process.program.mkdirs(secret.name + "/current")
        try process.program.put(secret.name + "/current/value", Array(bytes), O_CREAT)
        _ = secret.add(Array(bytes), .current)
    }

    private func makePending() throws {
        let (secret, process) = (pick(plain), pick(processes))
        guard secret.isThere, secret.labels[.pending] == nil else { return }
        note("\(process.number) makes pending of \(secret.name)")
        let bytes = text.prefix(100) + [33]
        _ = try refusal { try process.program.mkdir(secret.name + "/pending") }
        try process.program.put(secret.name + "/pending/value", Array(bytes), O_CREAT)
        _ = secret.add(Array(bytes), .pending)
    }
}
