internal import Fuse
internal import SecretMemory

/// Answers for a mount that nobody serves: whoever calls gets EIO, at once.
@safe
struct LastResort {
    /// What programs write passes through it, so it is guarded memory. It is kept for as long as the process lives.
    private let buffer: UnsafeMutableRawBufferPointer

    /// Nil where no guarded memory is left.
    init?() {
        let size = HeldMount.requestLimit
        guard let pages = try? unsafe LockedPages.allocate(byteCount: size) else { return nil }
        unsafe buffer = UnsafeMutableRawBufferPointer(start: pages, count: size)
    }

    /// Fails what waits, but not more than a hundred calls at once: there are others to be heard.
    func failRequests(of mount: HeldMount, _ journal: TakeoverJournal) {
        for _ in 0..<100 where unsafe !mount.failOne(using: buffer, journal: journal) { return }
    }
}
