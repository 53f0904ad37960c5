internal import SecretStore
internal import Synchronization

/// Sealed values that were read lately, so that an open needs no query. Ciphertext only, bounded in bytes.
///
/// Two generations: what is asked for moves to the young one; when that is half the limit, the old one is dropped
/// and the young one grows old. So a value stays while it is asked for, and no list has to be kept.
final class SealedValueCache: Sendable {
    private struct State {
        var young: [ValueID: [UInt8]] = [:]
        var old: [ValueID: [UInt8]] = [:]
        /// The bytes in `young`, with what a table entry costs.
        var youngBytes = 0
    }

    private let state = Mutex(State())
    private let limit: Int

    /// - Parameter limit: the most bytes to keep.
    init(limit: Int) { self.limit = limit }

    subscript(id: ValueID) -> [UInt8]? {
        state.withLock { state in
            if let value = state.young[id] { return value }
            guard let value = state.old[id] else { return nil }
            insert(value, for: id, into: &state)
            return value
        }
    }

    /// Keeps a sealed value, in the place of an older one of the same version.
    func insert(_ value: [UInt8], for id: ValueID) {
        state.withLock { insert(value, for: id, into: &$0) }
    }

    /// Forgets a version's value: it was deleted or written anew.
    func remove(_ id: ValueID) {
        state.withLock { state in
            if let value = state.young.removeValue(forKey: id) { state.youngBytes -= cost(value) }
            state.old[id] = nil
        }
    }

    private func insert(_ value: [UInt8], for id: ValueID, into state: inout State) {
        guard cost(value) <= limit / 2 else { return }
        if state.youngBytes + cost(value) > limit / 2 {
            state.old = state.young
            state.young = [:]
            state.youngBytes = 0
        }
        if let before = state.young.updateValue(value, forKey: id) { state.youngBytes -= cost(before) }
        state.youngBytes += cost(value)
    }

    private func cost(_ value: [UInt8]) -> Int { value.count + 96 }
}
