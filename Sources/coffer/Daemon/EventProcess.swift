internal import CofferFS
internal import Fuse
internal import Glibc
internal import Supervision
internal import Synchronization

/// The process that makes the system calls which watchers of files are told of: this program anew, without a key.
///
/// It begins with the first event, ends with the daemon, and is begun anew where it has ended. It can't be a thread of the
/// daemon: one that waits for its own mount when the process is killed keeps it from ending.
///
/// Packets on the socket, to it: for each event its byte, the file's path below the mount, and a zero byte. From it: one
/// byte when it is ready, and one when a packet is done.
final class EventProcess: EventMaker {
    private struct Child {
        var process: pid_t
        var socket: Int32
    }

    /// The most bytes of one packet, what the kernel lets a socket hold by default being more.
    static let packetLimit = 64 << 10
    /// The most processes that are begun in a minute.
    private static let startsAMinute = 5

    private let mountPoint: String
    private let journal: TakeoverJournal?
    private let log: @Sendable (String) -> Void
    /// The child that is there; held while events are made, which only one thread does.
    private let child = Mutex<Child?>(nil)
    private let starts = Mutex<[ContinuousClock.Instant]>([])
    private let current = Atomic<Int32>(0)

    var process: Int32 { current.load(ordering: .acquiring) }

    init(mountPoint: String, journal: TakeoverJournal? = nil, log: @escaping @Sendable (String) -> Void) {
        self.mountPoint = mountPoint
        self.journal = journal
        self.log = log
    }

    func make(_ events: [(event: WatchedMount.Event, file: String)]) {
        var rest = events[...]
        while !rest.isEmpty {
            var packet: [UInt8] = []
            while let next = rest.first, packet.count + next.file.utf8.count + 2 <= Self.packetLimit {
                packet.append(next.event.rawValue)
                packet.append(contentsOf: next.file.utf8)
                packet.append(0)
                rest.removeFirst()
            }
            // Once more where the process has ended meanwhile.
            guard make(packet) || make(packet) else { return }
        }
    }

    private func make(_ packet: [UInt8]) -> Bool {
        child.withLock { child in
            if child == nil { child = begin() }
            guard let there = child else { return false }
            let sent = unsafe packet.withUnsafeBytes {
                unsafe send(there.socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if sent == packet.count, Self.waitForByte(there.socket) { return true }
            end(there)
            child = nil
            return false
        }
    }

    private func begin() -> Child? {
        let now = ContinuousClock.now
        let mayStart = starts.withLock { starts in
            starts.removeAll { now - $0 > .seconds(60) }
            guard starts.count < Self.startsAMinute else { return false }
            starts.append(now)
            return true
        }
        guard mayStart else { return nil }
        guard let device = MountTable.device(at: mountPoint) else { return nil }
        var ends: [Int32] = [0, 0]
        guard
            unsafe socketpair(
                AF_UNIX, Int32(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0
        else {
            log("watchers are not told of changes: no socket: \(SystemError.words(errno))")
            return nil
        }
        defer { close(ends[1]) }
        let arguments = ["coffer", EventsCommand.name, mountPoint, device]
        let null = unsafe open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(null) }
        let started = ChildProcess.start(
            ChildProcess.ownProgram, arguments,
            descriptors: [
                (STDIN_FILENO, ends[1]), (STDOUT_FILENO, null), (STDERR_FILENO, null),
            ], environment: ["SWIFT_BACKTRACE=enable=no"])
        guard case .success(let process) = started else {
            log("watchers are not told of changes: the process for it could not be started")
            close(ends[0])
            return nil
        }
        let begun = Child(process: process, socket: ends[0])
        guard Self.waitForByte(begun.socket) else {
            log("watchers are not told of changes: the process for it ended at once")
            end(begun)
            return nil
        }
        // From now on its calls are known by their process.
        current.store(process, ordering: .releasing)
        journal?.eventProcess = process
        return begun
    }

    /// Ends a child. Its number is forgotten before it can be given to another process.
    private func end(_ child: Child) {
        current.store(0, ordering: .releasing)
        journal?.eventProcess = 0
        close(child.socket)
        kill(child.process, SIGKILL)
        _ = ChildProcess.wait(for: child.process)
    }

    private static func waitForByte(_ socket: Int32) -> Bool {
        var byte: UInt8 = 0
        while true {
            let count = unsafe recv(socket, &byte, 1, 0)
            if count > 0 { return true }
            if count == 0 || errno != EINTR { return false }
        }
    }
}
