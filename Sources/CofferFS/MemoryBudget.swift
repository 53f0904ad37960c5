internal import Fuse
internal import Synchronization

/// How many bytes all drafts and scratch files may hold together, and those of one user.
final class MemoryBudget: Sendable {
    private struct Use {
        var total = 0
        var byUser: [UInt32: Int] = [:]
    }

    private let limit: Int
    private let use = Mutex(Use())

    /// - Parameter limit: bytes for everybody; one user may have half of them.
    init(limit: Int) { self.limit = limit }

    /// The bytes in use.
    var used: Int { use.withLock { $0.total } }

    fileprivate func take(_ bytes: Int, for uid: UInt32) -> Bool {
        use.withLock { use in
            let own = use.byUser[uid, default: 0] + bytes
            guard bytes <= 0 || use.total + bytes <= limit && own <= limit / 2 else { return false }
            use.total += bytes
            use.byUser[uid] = own > 0 ? own : nil
            return true
        }
    }
}

/// What one file holds of the budget; it goes back with the file.
final class MemoryCharge: Sendable {
    private let budget: MemoryBudget
    private let uid: UInt32
    private let held = Mutex(0)

    init(_ budget: MemoryBudget, uid: UInt32) {
        self.budget = budget
        self.uid = uid
    }

    deinit {
        let held = held.withLock { $0 }
        _ = budget.take(-held, for: uid)
    }

    /// Sets how many bytes the file has. Throws ENOSPC where there is no room for more.
    func set(_ bytes: Int) throws(Errno) {
        let isTaken = held.withLock { held in
            guard budget.take(bytes - held, for: uid) else { return false }
            held = bytes
            return true
        }
        if !isTaken { throw .noSpace }
    }
}
