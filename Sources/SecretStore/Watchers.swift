import Dispatch
import Synchronization

/// Keeps a watch going; released or cancelled, it ends it.
public final class WatchToken: Sendable {
    private let end: @Sendable () -> Void

    /// A token that runs `end` when it is cancelled or released; more than once is harmless.
    public init(_ end: @escaping @Sendable () -> Void) {
        self.end = end
    }

    deinit {
        end()
    }

    /// Ends the watch. A call of the handler that is already under way still finishes.
    public func cancel() {
        end()
    }
}

/// The handlers that want to know of commits, and the one private queue on which they are called.
final class Watchers: Sendable {
    private struct State {
        var handlers: [UInt64: @Sendable (StoreChange) -> Void] = [:]
        var nextID: UInt64 = 0
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "coffer.store.watch")

    func add(_ handler: @escaping @Sendable (StoreChange) -> Void) -> WatchToken {
        let id = state.withLock { state in
            state.nextID += 1
            state.handlers[state.nextID] = handler
            return state.nextID
        }
        return WatchToken { [weak self] in
            _ = self?.state.withLock { $0.handlers.removeValue(forKey: id) }
        }
    }

    /// Delivers a change, later, to those who watch now. Called while the commit still has its turn, so that the queue's
    /// order is the commits' order.
    func publish(_ transaction: Transaction) {
        let watching = state.withLock { Array($0.handlers.keys) }
        guard !watching.isEmpty else { return }
        let change = StoreChange(transaction)
        queue.async { [self] in
            for id in watching.sorted() {
                state.withLock { $0.handlers[id] }?(change)
            }
        }
    }
}
