internal import CofferCore
public import Fuse
internal import Glibc
internal import SecretsManager
internal import Synchronization

/// Makes the system calls that watchers are told of, somewhere else: they wait for this file system.
public protocol EventMaker: Sendable {
    /// Makes events of files, each by its path below the mount, and comes back when all are made, or can't be.
    func make(_ events: [(event: WatchedMount.Event, file: String)])
    /// The process whose calls these are, while it has one; 0 while not.
    var process: Int32 { get }
}

/// The files whose content has changed and whose watchers haven't been told yet, and the thread that sees to it.
///
/// It works after the change was answered. What changes again meanwhile is told once, and there is a pause between two
/// rounds: however fast somebody writes, telling takes a small part of the time.
final class ChangeEvents: Sendable {
    /// A stage directory whose version changed.
    struct Change: Sendable {
        var serial: UInt32
        var label: StagingLabel
        /// The version that was seen there before the first change of this round.
        var before: VersionRecord
        /// The nodes of it that the kernel holds.
        var held: Set<InodeNumber>
        /// The file that was changed by system calls on it, which its watchers know of, all but the end.
        var author: InodeNumber?
    }

    private struct Key: Hashable {
        var serial: UInt32
        var label: StagingLabel
    }

    private struct State {
        var changes: [Key: Change] = [:]
        var isStopping = false
        var isStarted = false
    }

    /// The most stage directories that wait.
    private static let limit = 4096
    /// The least time between two rounds.
    private static let pause = Duration.milliseconds(20)

    private let state = Mutex(State())
    private let wake: EventCounter

    init() throws(Errno) { wake = try EventCounter() }

    /// Puts a change into the queue; false if there is no room, or no thread. `tell` is the thread's work, a round each.
    func add(_ change: Change, telling tell: @escaping @Sendable ([Change]) -> Void) -> Bool {
        let isTaken = state.withLock { state in
            guard !state.isStopping else { return true }
            let key = Key(serial: change.serial, label: change.label)
            if var known = state.changes[key] {
                known.held.formUnion(change.held)
                if known.author != change.author { known.author = nil }
                state.changes[key] = known
            } else {
                guard state.changes.count < Self.limit else { return false }
                state.changes[key] = change
            }
            if !state.isStarted {
                guard let thread = try? PlainThread.start({ [self] in run(tell) }) else { return false }
                // Not joined: it may wait for a process that waits for this file system.
                pthread_detach(thread)
                state.isStarted = true
            }
            return true
        }
        wake.signal()
        return isTaken
    }

    func stop() {
        state.withLock { $0.isStopping = true }
        wake.signal()
    }

    private func run(_ tell: @Sendable ([Change]) -> Void) {
        let clock = ContinuousClock()
        while true {
            wake.wait()
            let next = clock.now + Self.pause
            let (changes, isStopping) = state.withLock { state in
                defer { state.changes = [:] }
                return (Array(state.changes.values), state.isStopping)
            }
            if isStopping { return }
            guard !changes.isEmpty else { continue }
            tell(changes)
            let left = Int((next - clock.now) / .microseconds(1))
            if left > 0 { usleep(UInt32(left)) }
        }
    }
}

// What has changed at a stage is found out, and told to who waits in poll and who watches with inotify.
extension CofferFileSystem {
    /// The file whose commit runs on this thread, if its close is still to come: its watchers will hear of that.
    @TaskLocal static var author: InodeNumber?

    /// Sends out what a change of a secret means for those who wait and watch.
    func tellWatchers(_ before: SecretRecord, _ after: SecretRecord?, _ kernel: Notifications) {
        for (label, version) in before.labels {
            guard let number = before.stageNumber(label) else { continue }
            let now = after?.version(labelled: label)
            if let now, now.sequence == version.sequence, now.content == version.content { continue }
            let files = Self.files(of: before.serial, .stage(number), [version, now])
            wakePollers(at: files)
            guard let now, now.content.size > 0, events != nil else { continue }
            let author = Self.author.flatMap { files.contains($0) ? $0 : nil }
            let change = ChangeEvents.Change(
                serial: before.serial, label: label, before: version, held: [], author: author)
            let nodes = [Node.place(before.serial, .stage(number)).inode] + files
            kernel.whichAreHeld(nodes) { [self] answers in
                var change = change
                change.held = Set(zip(nodes, answers).filter(\.1).map(\.0))
                // Who watches a file or a directory makes the kernel hold it: then nobody does.
                guard !change.held.isEmpty else { return }
                if !changes.add(change, telling: { [self] in tell($0) }) {
                    log("watchers of '\(before.name)' may not have heard of a change: too many at once")
                }
            }
        }
    }

    private static func files(
        of serial: UInt32, _ place: Node.Place, _ versions: [VersionRecord?]
    ) -> [InodeNumber] {
        var members: Set<UInt16> = []
        for version in versions {
            for member in version?.content.members ?? [] { members.insert(member.number) }
        }
        return [Node.file(serial, place, member: nil).inode]
            + members.sorted().map { Node.file(serial, place, member: $0).inode }
    }

    /// One round: says which files have other content than before, and has the events made.
    private func tell(_ changes: [ChangeEvents.Change]) {
        guard let events else { return }
        var wanted: [(event: WatchedMount.Event, file: String)] = []
        for change in changes {
            guard let record = manager.record(change.serial), record.deletion == nil,
                let version = record.version(labelled: change.label),
                let number = record.stageNumber(change.label)
            else { continue }
            let place = Node.Place.stage(number)
            let directory = record.name.text + "/" + change.label.directoryName + "/"
            let tellsAll = change.held.contains(Node.place(change.serial, place).inode)
            func want(_ node: Node, _ name: String) {
                guard tellsAll || change.held.contains(node.inode) else { return }
                wanted.append((node.inode == change.author ? .modified : .written, directory + name))
            }
            want(.file(change.serial, place, member: nil), MemberName.value)
            let members = version.content.members.map(\.number)
            guard
                members.contains(where: {
                    tellsAll || change.held.contains(Node.file(change.serial, place, member: $0).inode)
                })
            else { continue }
            let changed = manager.changedMembers(of: change.serial, from: change.before, to: version)
            for member in members where changed.contains(member) {
                guard let name = record.memberName(member) else { continue }
                want(.file(change.serial, place, member: member), name)
            }
        }
        if !wanted.isEmpty { events.make(wanted) }
    }
}
