internal import Fuse
internal import Synchronization

/// The generations of directories that were removed through the mount.
///
/// The kernel marks a directory that `rmdir` removed as dead, and keeps it while anything below it is open: if the same
/// number came back for what was restored or made anew, nothing could be looked up in it. With another generation it
/// is another directory.
final class Generations: Sendable {
    /// How many are remembered; past that the one removed longest ago is forgotten, which nothing holds open by then.
    private static let limit = 4096

    private struct State {
        var generations: [InodeNumber: UInt64] = [:]
        var removed: [InodeNumber] = []
    }

    private let state = Mutex(State())

    /// The generation of a node; 0 unless it was removed.
    subscript(node: InodeNumber) -> UInt64 { state.withLock { $0.generations[node] ?? 0 } }

    /// Makes what comes back under the number of a removed directory another one.
    func noteRemoved(_ node: InodeNumber) {
        state.withLock { state in
            if let generation = state.generations[node] {
                state.generations[node] = generation + 1
                return
            }
            if state.removed.count >= Self.limit { state.generations[state.removed.removeFirst()] = nil }
            state.generations[node] = 1
            state.removed.append(node)
        }
    }
}
