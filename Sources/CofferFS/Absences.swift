internal import CofferCore
internal import Fuse
internal import Glibc
internal import Synchronization

/// The values and members that a program has removed or renamed in order to make them again.
///
/// For that process the name is absent, for everybody else nothing has happened. It is there again when the process
/// makes it, ends, or has not made it within a minute. Also: who has just replaced a file, and may set its mode.
final class Absences: Sendable {
    private struct Absence {
        let node: Node
        let process: Int32
        let program: String
        let until: Timestamp
    }

    private struct State {
        var absences: [Absence] = []
        /// The last ones who wrote a file anew.
        var writers: [(node: Node, process: Int32, until: Timestamp)] = []
    }

    /// How long a name may be absent, and its writer known, in seconds.
    private static let seconds: Int64 = 60
    /// How many may be absent at once, and how many writers are remembered.
    private static let limit = 1024

    /// How many there are, so that nobody pays for none.
    private let count = Atomic<Int>(0)
    private let state = Mutex(State())

    /// Whether a node is absent for somebody: then its name must be asked for each time.
    func contains(_ node: Node) -> Bool {
        guard count.load(ordering: .acquiring) > 0 else { return false }
        return state.withLock { $0.absences.contains { $0.node == node } }
    }

    /// Whether a node is absent for the process of a thread.
    func contains(_ node: Node, for thread: Int32, now: Timestamp) -> Bool {
        guard count.load(ordering: .acquiring) > 0 else { return false }
        let absences = state.withLock { $0.absences.filter { $0.node == node && $0.until > now } }
        guard !absences.isEmpty, let process = ProcessTree.process(ofThread: thread) else { return false }
        return absences.contains { $0.process == process }
    }

    /// Makes a node absent for a process.
    func insert(_ node: Node, process: Int32, program: String, now: Timestamp) throws(Errno) {
        let isTaken = state.withLock { state in
            guard state.absences.count < Self.limit else { return false }
            state.absences.removeAll { $0.node == node && $0.process == process }
            state.absences.append(
                Absence(
                    node: node, process: process, program: program, until: now.adding(seconds: Self.seconds)))
            count.store(state.absences.count, ordering: .releasing)
            return true
        }
        if !isTaken { throw .noSpace }
    }

    /// Ends an absence: the process has made the name again.
    func end(_ node: Node, process: Int32) {
        guard count.load(ordering: .acquiring) > 0 else { return }
        state.withLock { state in
            state.absences.removeAll { $0.node == node && $0.process == process }
            count.store(state.absences.count, ordering: .releasing)
        }
    }

    /// Ends what is over; tells each as a node, a program and its process.
    func endOverdue(now: Timestamp) -> [(node: Node, program: String, process: Int32)] {
        guard count.load(ordering: .acquiring) > 0 else { return [] }
        return state.withLock { state in
            let over = state.absences.filter { $0.until <= now || kill($0.process, 0) != 0 && errno == ESRCH }
            state.absences.removeAll { absence in
                over.contains { $0.node == absence.node && $0.process == absence.process }
            }
            count.store(state.absences.count, ordering: .releasing)
            return over.map { ($0.node, $0.program, $0.process) }
        }
    }

    /// Remembers that a process writes a file anew.
    func noteWriter(_ process: Int32, of node: Node, now: Timestamp) {
        state.withLock { state in
            state.writers.removeAll { $0.until <= now || $0.node == node && $0.process == process }
            if state.writers.count >= Self.limit { state.writers.removeFirst() }
            state.writers.append((node, process, now.adding(seconds: Self.seconds)))
        }
    }

    /// Whether a process has written a file anew within the last minute.
    func isWriter(_ process: Int32, of node: Node, now: Timestamp) -> Bool {
        state.withLock { state in
            state.writers.contains { $0.node == node && $0.process == process && $0.until > now }
        }
    }
}
