// Requests at which processes have crashed: who crashes once may have been at fault, but a request at which one process after
// the other crashes is answered by none of them.
extension TakeoverJournal {
    /// How many crashes a request may see.
    static let crashLimit = 2

    /// Notes the request that a thread works on, by the thread's place; 0 when it has done.
    func setWork(_ request: UInt64, at place: Int) {
        if place < Layout.workCount { self[Layout.work + place] = request }
    }

    /// Forgets what the process that has ended was working on, and tells how much that was; where it crashed, each of that is
    /// suspect once more.
    @discardableResult
    public func endWork(isCrash: Bool) -> Int {
        var count = 0
        for word in Layout.work..<Layout.work + Layout.workCount {
            let request = self[word] & ~Transport.resentBit
            self[word] = 0
            guard request != 0 else { continue }
            count += 1
            if isCrash { self[newPlace(in: Layout.suspects)] = request }
        }
        return count
    }

    /// Whether as many processes have crashed at a request as may.
    func isSuspect(_ request: UInt64) -> Bool {
        places(of: request & ~Transport.resentBit, in: Layout.suspects).count >= Self.crashLimit
    }
}
