import CFuse
import Glibc

/// Memory with a descriptor, which other processes can be given.
public enum SharedMemory {
    /// Makes some, of no size yet. System call: `memfd_create`
    public static func make(_ name: String) throws(Errno) -> Int32 {
        let descriptor = unsafe coffer_memfd(name)
        guard descriptor >= 0 else { throw .current }
        return descriptor
    }
}
