import Glibc

/// Whole pages between two inaccessible ones: locked, zeroed, absent from core dumps and from forked children.
///
/// A plain value that owns nothing: whoever maps it decides when to unmap it. The address is a number, so that
/// a region can be kept inside a `Mutex`.
struct GuardedRegion: Sendable {
    /// Address of the first usable byte; page-aligned.
    let address: UInt
    /// Usable bytes, a multiple of the page size.
    let byteCount: Int
    /// Whether the kernel locked the pages; true for a region that is only named again.
    let isLocked: Bool

    /// Size of a page of this machine, in bytes.
    static let pageByteCount = Int(sysconf(Int32(_SC_PAGESIZE)))

    /// Maps at least `byteCount` usable bytes.
    ///
    /// - Throws: `outOfGuardedMemory` when the kernel has none; `lockRefused` when it won't lock them and
    ///   `allowUnlocked` is false. System calls: `mmap`, `mprotect`, `madvise`, `mlock`
    init(byteCount: Int, allowUnlocked: Bool) throws(SecretMemoryError) {
        let page = Self.pageByteCount
        guard byteCount > 0, byteCount <= Int.max / 2 else { throw .outOfGuardedMemory(bytes: byteCount) }
        let usable = (byteCount + page - 1) / page * page
        let whole = usable + 2 * page
        // PROT_NONE first: the two outer pages stay that way and catch what runs over either end.
        let mapped = unsafe mmap(nil, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let mapped = unsafe mapped, unsafe mapped != UnsafeMutableRawPointer(bitPattern: -1) else {
            throw .outOfGuardedMemory(bytes: byteCount)
        }
        let start = unsafe mapped + page
        guard unsafe mprotect(start, usable, PROT_READ | PROT_WRITE) == 0,
            unsafe madvise(start, usable, MADV_DONTDUMP) == 0
        else {
            unsafe munmap(mapped, whole)
            throw .outOfGuardedMemory(bytes: byteCount)
        }
        // A forked child (which does nothing but exec) finds zeros. Kernels before 4.14 lack it; locks and
        // PR_SET_DUMPABLE hold without it, so a refusal is no error.
        _ = unsafe madvise(start, usable, MADV_WIPEONFORK)
        let isLocked = unsafe mlock(start, usable) == 0
        guard isLocked || allowUnlocked else {
            unsafe munmap(mapped, whole)
            throw .lockRefused(limitBytes: ProcessHardening.memoryLockLimit().soft)
        }
        address = UInt(bitPattern: start)
        self.byteCount = usable
        self.isLocked = isLocked
    }

    /// Names a region that was mapped before, to unmap it.
    init(address: UInt, byteCount: Int) {
        self.address = address
        self.byteCount = byteCount
        isLocked = true
    }

    /// Gives the pages back to the kernel, guard pages included. The caller has wiped them. System call: `munmap`
    func unmap() {
        let page = Self.pageByteCount
        unsafe munmap(UnsafeMutableRawPointer(bitPattern: address - UInt(page)), byteCount + 2 * page)
    }
}
