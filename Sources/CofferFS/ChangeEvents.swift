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
        /// The version that was seen there before the first change of this round; nil where that isn't known.
        var before: VersionRecord?
        /// The store's revision of the last change.
        var revision: UInt64
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

        mutating func add(_ change: Change) {
            let key = Key(serial: change.serial, label: change.label)
            var joint = change
            if let known = changes[key] {
                joint.before = known.before
                if known.author != change.author { joint.author = nil }
            }
            changes[key] = joint
        }
    }

    /// The most stage directories that wait.
    private static let limit = 4096
    /// The least time between two rounds.
    private static let pause = Duration.milliseconds(20)

    private let state = Mutex(State())
    private let wake: EventCounter

    init() throws(Errno) { wake = try EventCounter() }

    /// Puts the changes of one secret into the queue, or none of them; false if there is no room, or no thread. `tell` is the
    /// thread's work, a round each.
    func add(_ changes: [Change], telling tell: @escaping @Sendable ([Change]) -> Void) -> Bool {
        let isTaken = state.withLock { state in
            guard !state.isStopping, state.changes.count + changes.count <= Self.limit else { return false }
            if !state.isStarted {
                guard let thread = try? PlainThread.start({ [self] in run(tell) }) else { return false }
                // Not joined: it may wait for a process that waits for this file system.
                pthread_detach(thread)
                state.isStarted = true
            }
            for change in changes { state.add(change) }
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
            // Who writes all the time is told of some fifty times a second, not of each.
            if left > 0 { usleep(UInt32(left)) }
        }
    }
}

// What has changed at a stage is found out, and told to who waits in poll and who watches with inotify.
extension CofferFileSystem {
    /// The file whose commit runs on this thread, if its close is still to come: its watchers will hear of that.
    @TaskLocal static var author: InodeNumber?

    /// Sends out what a change of a secret means for those who wait and watch; false if there is nothing that is done later.
    func tellWatchers(
        _ before: SecretRecord, _ after: SecretRecord?, as revision: UInt64, _ kernel: Notifications
    ) -> Bool {
        var wanted: [ChangeEvents.Change] = []
        for (label, version) in before.labels {
            guard let number = before.stageNumber(label) else { continue }
            let now = after?.version(labelled: label)
            if let now, now.sequence == version.sequence, now.content == version.content { continue }
            let files = Self.files(of: before.serial, .stage(number), [version, now])
            wakePollers(at: files)
            guard now != nil else { continue }
            let author = Self.author.flatMap { files.contains($0) ? $0 : nil }
            wanted.append(
                ChangeEvents.Change(
                    serial: before.serial, label: label, before: version, revision: revision, author: author))
        }
        return tell(wanted, of: before, kernel)
    }

    /// The same where it isn't known what has changed.
    func tellWatchers(
        ofAllStagesOf record: SecretRecord, as revision: UInt64, _ kernel: Notifications
    ) -> Bool {
        let wanted = record.labels.map {
            ChangeEvents.Change(serial: record.serial, label: $0.0, before: nil, revision: revision)
        }
        return tell(wanted, of: record, kernel)
    }

    private func tell(_ wanted: [ChangeEvents.Change], of record: SecretRecord, _ kernel: Notifications)
        -> Bool
    {
        guard !wanted.isEmpty, events != nil else { return false }
        if changes.add(wanted, telling: { [self] in tell($0, kernel) }) { return true }
        log("watchers of '\(record.name)' may not have heard of a change: too many at once")
        return false
    }

    static func files(
        of serial: UInt32, _ place: Node.Place, _ versions: [VersionRecord?]
    ) -> [InodeNumber] {
        var members: Set<UInt16> = []
        for version in versions {
            for member in version?.content.members ?? [] { members.insert(member.number) }
        }
        return [Node.file(serial, place, member: nil).inode]
            + members.sorted().map { Node.file(serial, place, member: $0).inode }
    }

    /// One round: finds out which files have other content than before, and has the events made.
    private func tell(_ changes: [ChangeEvents.Change], _ kernel: Notifications) {
        let places = changes.compactMap { change -> Place? in
            guard let record = manager.record(change.serial), record.deletion == nil,
                let version = record.version(labelled: change.label),
                let number = record.stageNumber(change.label)
            else { return nil }
            return Place(change: change, record: record, version: version, node: .stage(number))
        }
        let held = nodesHeld(of: places.flatMap { [$0.directory] + $0.files }, by: kernel)
        let wanted = places.flatMap { events(at: $0, held: held) }
        if !wanted.isEmpty { events?.make(wanted) }
        for change in changes { manager.noteTold(of: change.serial, upTo: change.revision) }
    }

    /// A stage directory whose version changed, as it is now.
    private struct Place {
        var change: ChangeEvents.Change
        var record: SecretRecord
        var version: VersionRecord
        var node: Node.Place

        var directory: InodeNumber { Node.place(record.serial, node).inode }
        var files: [InodeNumber] { CofferFileSystem.files(of: record.serial, node, [version]) }
        func file(_ member: UInt16?) -> InodeNumber { Node.file(record.serial, node, member: member).inode }
    }

    /// Those of the nodes that the kernel holds: who watches one makes it hold that, and tells us nothing else.
    private func nodesHeld(of nodes: [InodeNumber], by kernel: Notifications) -> Set<InodeNumber> {
        guard let answered = try? EventCounter() else { return Set(nodes) }
        let held = Held()
        let isAsked = kernel.whichAreHeld(nodes) { answers in
            held.nodes.withLock { $0 = Set(zip(nodes, answers).filter(\.1).map(\.0)) }
            answered.signal()
        }
        if isAsked { answered.wait() }
        return held.nodes.withLock { $0 }
    }

    private final class Held: Sendable {
        let nodes = Mutex<Set<InodeNumber>>([])
    }

    /// What is to be told of one directory: of all that changed if it may be watched, else of the files that may be.
    private func events(
        at place: Place, held: Set<InodeNumber>
    ) -> [(event: WatchedMount.Event, file: String)] {
        func mayBeWatched(_ member: UInt16?) -> Bool {
            held.contains(place.directory) || held.contains(place.file(member))
        }
        let path = place.record.name.text + "/" + place.change.label.directoryName + "/"
        var wanted: [(event: WatchedMount.Event, file: String)] = []
        func want(_ member: UInt16?, _ name: String) {
            wanted.append((place.file(member) == place.change.author ? .modified : .written, path + name))
        }
        if mayBeWatched(nil) { want(nil, MemberName.value) }
        let members = place.version.content.members.map(\.number).filter(mayBeWatched)
        guard !members.isEmpty else { return wanted }
        let changed = place.change.before.map {
            manager.changedMembers(of: place.record.serial, from: $0, to: place.version)
        }
        for member in members where changed?.contains(member) ?? true {
            if let name = place.record.memberName(member) { want(member, name) }
        }
        return wanted
    }
}
