import Foundation
import Synchronization
import Testing

@testable import SecretMemory

@Suite("Slab")
struct SlabTests {
    /// Sizes on both sides of every border between size classes and kinds of memory.
    static let sizes = [
        1, 64, 65, 256, 257, 1024, 1025, 4096, 4097, 16_384, 16_385, 65_536, 69_632, 69_633, 1 << 20,
    ]

    @Test(
        "Memory is zeroed, aligned to 64 bytes and large enough; all of it can be written", arguments: sizes)
    func acquired(size: Int) throws {
        let slab = Slab()
        for _ in 0..<3 {
            let memory = try unsafe slab.acquire(size)
            #expect(memory.count >= size)
            #expect(UInt(bitPattern: memory.baseAddress) % 64 == 0)
            let isZero = unsafe isFilled(memory, with: 0)
            #expect(isZero)
            unsafe memory.initializeMemory(as: UInt8.self, repeating: 0xaa)
            #expect(slab.bytesInUse == memory.count)
            unsafe slab.release(memory)
            #expect(slab.bytesInUse == 0)
        }
    }

    @Test(
        "A cell that was given back is wiped, and is the next one handed out", arguments: [64, 4096, 60_000])
    func wiped(size: Int) throws {
        let slab = Slab()
        let memory = try unsafe slab.acquire(size)
        unsafe memory.initializeMemory(as: UInt8.self, repeating: 0xaa)
        unsafe slab.release(memory)
        // The slab keeps what has this size mapped, so that it can be looked at.
        let isZero = unsafe isFilled(memory, with: 0)
        #expect(isZero)
        let again = try unsafe slab.acquire(size)
        #expect(UInt(bitPattern: again.baseAddress) == UInt(bitPattern: memory.baseAddress))
        unsafe slab.release(again)
    }

    @Test("More cells than one arena holds are all apart")
    func growth() throws {
        let slab = Slab()
        for size in [64, 1024, 16_384] {
            var cells: [UnsafeMutableRawBufferPointer] = unsafe []
            for index in 0..<600 {
                let cell = try unsafe slab.acquire(size)
                unsafe cell.initializeMemory(as: UInt8.self, repeating: UInt8(index % 251))
                unsafe cells.append(cell)
            }
            for index in 0..<600 {
                let isIntact = unsafe isFilled(cells[index], with: UInt8(index % 251))
                #expect(isIntact)
            }
            for index in 0..<600 { unsafe slab.release(cells[index]) }
        }
        #expect(slab.bytesInUse == 0)
    }

    @Test("Several threads get memory of their own")
    func threads() throws {
        let slab = Slab()
        let faults = LockedCount()
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            var random = SeededGenerator(seed: UInt64(thread))
            for _ in 0..<500 {
                let size = Self.sizes.dropLast(2).randomElement(using: &random)!
                guard let memory = try? unsafe slab.acquire(size) else { return faults.add() }
                if unsafe !isFilled(memory, with: 0) { faults.add() }
                let mark = UInt8(thread + 1)
                unsafe memory.initializeMemory(as: UInt8.self, repeating: mark)
                if unsafe !isFilled(memory, with: mark) { faults.add() }
                unsafe slab.release(memory)
            }
        }
        #expect(faults.value == 0)
        #expect(slab.bytesInUse == 0)
    }

    @Test("Secrets go back to the slab when they end")
    func ended() throws {
        // Larger than anything else in these tests holds at once, since they share the slab of the process.
        let size = 64 << 20
        func use() throws -> Int {
            let secret = try SecretBytes(zeroedCount: size)
            return SecretBytes.bytesInUse - secret.count
        }
        let others = try use()
        #expect(others >= 0)
        #expect(SecretBytes.bytesInUse < size)
    }

    @Test(
        "A region is locked, left out of core dumps, wiped in a forked child, and lies between pages without access"
    )
    func kernelFlags() throws {
        let region = try GuardedRegion(byteCount: 20_000, allowUnlocked: false)
        defer { region.unmap() }
        #expect(region.byteCount == 20_480)
        #expect(region.isLocked)
        let file = unsafe open("/proc/self/smaps", O_RDONLY)
        defer { close(file) }
        let maps = String(decoding: try SecretBytes(reading: file, limit: 16 << 20).exposed, as: UTF8.self)
        let name = { (address: UInt) in String(format: "%lx", address) }
        let end = region.address + UInt(region.byteCount)
        let lines = maps.split(separator: "\n")
        let start = try #require(
            lines.firstIndex { $0.hasPrefix("\(name(region.address))-\(name(end)) rw-p") })
        let flags = try #require(lines[start...].first { $0.hasPrefix("VmFlags:") })
        for flag in [" lo", " dd", " wf"] { #expect(flags.contains(flag)) }
        // Neighbouring mappings without access may be merged, so only the borders are sure.
        #expect(lines.contains { $0.contains("-\(name(region.address)) ---p") })
        #expect(lines.contains { $0.hasPrefix("\(name(end))-") && $0.contains(" ---p") })
    }
}

/// A count that several threads add to.
final class LockedCount: Sendable {
    private let count = Mutex(0)
    var value: Int { count.withLock { $0 } }
    func add() { count.withLock { $0 += 1 } }
}
