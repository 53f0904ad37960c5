import CSodium
import Glibc

/// What a process does at its start to keep its memory to itself.
public enum ProcessHardening {
    /// Forbids core dumps, and that other processes of the same user trace this one or read its memory.
    ///
    /// Root still can. Throws `hardeningFailed`. System calls: `prctl(PR_SET_DUMPABLE)`, `setrlimit(RLIMIT_CORE)`
    public static func harden() throws(SecretMemoryError) {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none) == 0 else {
            throw .hardeningFailed(errno: errno)
        }
        guard coffer_set_dumpable(0) == 0 else { throw .hardeningFailed(errno: errno) }
    }

    /// The name by which ps shows this process, up to 15 bytes: who is started by a descriptor has that's number for one.
    /// System call: `prctl(PR_SET_NAME)`
    public static func setName(_ name: String) { _ = unsafe coffer_set_name(name) }

    /// Whether this process can still be dumped, and traced by others of its user. System call: `prctl(PR_GET_DUMPABLE)`
    public static var isDumpable: Bool { coffer_get_dumpable() != 0 }

    /// Bytes this process may lock: the limit in force and the one it may raise it to; `UInt64.max` is none.
    /// A process with CAP_IPC_LOCK is not bound by it. System call: `getrlimit(RLIMIT_MEMLOCK)`
    public static func memoryLockLimit() -> (soft: UInt64, hard: UInt64) {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue), &limit) == 0 else {
            return (0, 0)
        }
        return (UInt64(limit.rlim_cur), UInt64(limit.rlim_max))
    }

    /// Maps and locks guarded memory ahead, up to `bytes` in all, after raising the soft limit to the hard one.
    ///
    /// Whatever isn't reserved is mapped when it is needed. With `allowUnlocked`, memory that the kernel refuses to
    /// lock is used all the same, now and later; it may then be swapped out.
    ///
    /// - Throws: `lockRefused`, `outOfGuardedMemory`, `initializationFailed`.
    public static func reserve(bytes: Int, allowUnlocked: Bool) throws(SecretMemoryError) {
        raiseMemoryLockLimit()
        try Slab.shared.reserve(bytes: bytes, allowUnlocked: allowUnlocked)
    }

    /// Whether the kernel locked all guarded memory that was mapped so far.
    public static var isMemoryLocked: Bool { Slab.shared.isLocked }

    /// A refusal is no error here: the lock itself will tell.
    private static func raiseMemoryLockLimit() {
        let (soft, hard) = memoryLockLimit()
        guard soft < hard else { return }
        var limit = rlimit(rlim_cur: rlim_t(hard), rlim_max: rlim_t(hard))
        unsafe setrlimit(__rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue), &limit)
    }
}
