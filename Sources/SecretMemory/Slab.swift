import CSodium
import Synchronization

/// Hands out guarded memory: small cells from arenas that are mapped once and locked, larger regions on their own.
///
/// Mapping, locking and unmapping cost some 27 µs a time, as much as a whole `cat` through the mount; taking a cell
/// from a free list costs some tens of nanoseconds.
///
/// Invariants, all under `state`:
/// - every free cell and every cached region holds zeros only (they are wiped before they are given back),
/// - an arena is cut into slices, a slice belongs to one size class for good,
/// - `bytesInUse` is the sum of the sizes of what was handed out and not given back.
final class Slab: Sendable {
    /// The slab of the process.
    static let shared = Slab()

    /// Bytes of the largest cell; what is larger is a region of its own.
    static let largestCellByteCount = 16 << 10
    /// Bytes of a region that is kept for reuse: a value at the default limit of 64 KiB and its overhead.
    static let reusedRegionByteCount = 68 << 10

    private static let classCount = 5
    private static let sliceByteCount = 32 << 10
    private static let arenaByteCount = 256 << 10
    private static let cachedRegionLimit = 8

    private struct State {
        /// Addresses of free cells, by size class; the last given back is the next handed out (its cache lines are warm).
        var freeCells = [[UInt]](repeating: [], count: Slab.classCount)
        /// Addresses of slices that belong to no size class yet.
        var freeSlices: [UInt] = []
        /// Wiped regions of `reusedRegionByteCount`.
        var cachedRegions: [UInt] = []
        var arenaBytes = 0
        var bytesInUse = 0
        var unlockedAllowed = false
        var everythingLocked = true
    }

    private let state = Mutex(State())

    /// Guarded bytes that are handed out at this moment, rounded up to cells and pages.
    var bytesInUse: Int { state.withLock { $0.bytesInUse } }

    /// Whether the kernel locked all memory that was mapped so far.
    var isLocked: Bool { state.withLock { $0.everythingLocked } }

    /// Says whether pages that could not be locked may be used all the same, and takes note that there are some.
    func acceptsUnlocked() -> Bool {
        state.withLock { state in
            if state.unlockedAllowed { state.everythingLocked = false }
            return state.unlockedAllowed
        }
    }

    /// Maps arenas up to `bytes` in all, and says whether memory that can't be locked is acceptable from now on.
    func reserve(bytes: Int, allowUnlocked: Bool) throws(SecretMemoryError) {
        try Sodium.require()
        try state.withLock { (state) throws(SecretMemoryError) in
            state.unlockedAllowed = allowUnlocked
            guard bytes > state.arenaBytes else { return }
            try Self.addArena(of: bytes - state.arenaBytes, to: &state)
        }
    }

    /// Takes zeroed memory of at least `byteCount` bytes (1 or more), aligned to 64 bytes.
    func acquire(_ byteCount: Int) throws(SecretMemoryError) -> UnsafeMutableRawBufferPointer {
        let (address, size) = try state.withLock { (state) throws(SecretMemoryError) -> (UInt, Int) in
            let size: Int
            let address: UInt
            if byteCount <= Self.largestCellByteCount {
                let sizeClass = Self.sizeClass(of: byteCount)
                size = Self.cellByteCount(of: sizeClass)
                if let free = state.freeCells[sizeClass].popLast() {
                    address = free
                } else {
                    try Self.addSlice(to: sizeClass, of: &state)
                    address = state.freeCells[sizeClass].removeLast()
                }
            } else {
                size = Self.regionByteCount(for: byteCount)
                address = try Self.region(of: size, from: &state)
            }
            state.bytesInUse += size
            return (address, size)
        }
        return unsafe UnsafeMutableRawBufferPointer(
            start: UnsafeMutableRawPointer(bitPattern: address), count: size)
    }

    /// Wipes and takes back what `acquire` gave. libsodium: `sodium_memzero`
    func release(_ memory: UnsafeMutableRawBufferPointer) {
        // Outside the lock: wiping 64 KiB takes microseconds.
        unsafe sodium_memzero(memory.baseAddress, memory.count)
        let address = UInt(bitPattern: memory.baseAddress)
        let size = memory.count
        let regionToUnmap = state.withLock { state -> UInt? in
            state.bytesInUse -= size
            if size <= Self.largestCellByteCount {
                state.freeCells[Self.sizeClass(of: size)].append(address)
                return nil
            }
            if size == Self.reusedRegionByteCount, state.cachedRegions.count < Self.cachedRegionLimit {
                state.cachedRegions.append(address)
                return nil
            }
            return address
        }
        if let regionToUnmap { GuardedRegion(address: regionToUnmap, byteCount: size).unmap() }
    }

    // MARK: - Size classes: 64 B, 256 B, 1 KiB, 4 KiB, 16 KiB

    private static func sizeClass(of byteCount: Int) -> Int {
        // Each class is four times the one before: two bits of the size for each step.
        let bits = Int.bitWidth - max(byteCount - 1, 63).leadingZeroBitCount
        return (bits - 5) / 2
    }

    private static func cellByteCount(of sizeClass: Int) -> Int { 64 << (2 * sizeClass) }

    private static func regionByteCount(for byteCount: Int) -> Int {
        if byteCount <= reusedRegionByteCount { return reusedRegionByteCount }
        let page = GuardedRegion.pageByteCount
        // Sizes near Int.max can't be rounded up; the kernel refuses them as they are.
        return byteCount > Int.max - page ? byteCount : (byteCount + page - 1) / page * page
    }

    // MARK: - Growth

    private static func addSlice(to sizeClass: Int, of state: inout State) throws(SecretMemoryError) {
        if state.freeSlices.isEmpty {
            do {
                try addArena(of: arenaByteCount, to: &state)
            } catch {
                // Near the limit a whole arena may be too much where a slice still fits.
                dropCachedRegions(of: &state)
                try addArena(of: sliceByteCount, to: &state)
            }
        }
        let slice = state.freeSlices.removeLast()
        let size = cellByteCount(of: sizeClass)
        for offset in stride(from: sliceByteCount - size, through: 0, by: -size) {
            state.freeCells[sizeClass].append(slice + UInt(offset))
        }
    }

    private static func addArena(of byteCount: Int, to state: inout State) throws(SecretMemoryError) {
        try Sodium.require()
        let sliceCount = (byteCount + sliceByteCount - 1) / sliceByteCount
        let arena = try GuardedRegion(
            byteCount: sliceCount * sliceByteCount, allowUnlocked: state.unlockedAllowed)
        state.arenaBytes += arena.byteCount
        state.everythingLocked = state.everythingLocked && arena.isLocked
        for index in (0..<sliceCount).reversed() {
            state.freeSlices.append(arena.address + UInt(index * sliceByteCount))
        }
    }

    private static func region(of size: Int, from state: inout State) throws(SecretMemoryError) -> UInt {
        if size == reusedRegionByteCount, let cached = state.cachedRegions.popLast() { return cached }
        try Sodium.require()
        let region: GuardedRegion
        do {
            region = try GuardedRegion(byteCount: size, allowUnlocked: state.unlockedAllowed)
        } catch {
            // Other sizes may have been kept for nothing: give them up before giving up.
            guard !state.cachedRegions.isEmpty else { throw error }
            dropCachedRegions(of: &state)
            region = try GuardedRegion(byteCount: size, allowUnlocked: state.unlockedAllowed)
        }
        state.everythingLocked = state.everythingLocked && region.isLocked
        return region.address
    }

    private static func dropCachedRegions(of state: inout State) {
        for address in state.cachedRegions {
            GuardedRegion(address: address, byteCount: reusedRegionByteCount).unmap()
        }
        state.cachedRegions.removeAll(keepingCapacity: true)
    }
}
