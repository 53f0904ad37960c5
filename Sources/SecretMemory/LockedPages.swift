import CSodium
import Glibc

/// Whole pages for a buffer that somebody else fills: locked, and left out of core dumps.
public enum LockedPages {
    /// Maps pages for at least `byteCount` bytes, zeroed and resident.
    ///
    /// Where memory may not be locked, they are left unlocked if `ProcessHardening.reserve` allowed that. Throws
    /// `outOfGuardedMemory`, `lockRefused`. System calls: `mmap`, `mlock`, `madvise(MADV_DONTDUMP)`
    @unsafe
    public static func allocate(byteCount: Int) throws(SecretMemoryError) -> UnsafeMutableRawPointer {
        let mapped = unsafe mmap(
            nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0)
        guard let pages = unsafe mapped, unsafe pages != MAP_FAILED else {
            throw .outOfGuardedMemory(bytes: byteCount)
        }
        unsafe madvise(pages, byteCount, MADV_DONTDUMP)
        if unsafe mlock(pages, byteCount) != 0, !Slab.shared.acceptsUnlocked() {
            unsafe munmap(pages, byteCount)
            throw .lockRefused(limitBytes: ProcessHardening.memoryLockLimit().soft)
        }
        return unsafe pages
    }

    /// Wipes and unmaps what `allocate` gave. System call: `munmap`
    @unsafe
    public static func release(_ pages: UnsafeMutableRawPointer, byteCount: Int) {
        unsafe sodium_memzero(pages, byteCount)
        unsafe munmap(pages, byteCount)
    }
}
