import Foundation
import Glibc
import SecretMemory

/// Looks for bytes in all memory that this process can write to, guarded or not.
struct MemoryScan: ~Copyable {
    /// What is looked for; it lies in guarded memory, and this one place is not counted.
    let needle: SecretBytes

    /// Bytes that are read at a time, and where to.
    private static let windowByteCount = 1 << 20

    /// The addresses at which the needle lies.
    func addresses() -> [UInt] {
        let window = unsafe UnsafeMutableRawBufferPointer(
            start: mmap(
                nil, Self.windowByteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            count: Self.windowByteCount)
        let windowStart = UInt(bitPattern: window.baseAddress)
        defer {
            unsafe explicit_bzero(window.baseAddress!, window.count)
            unsafe munmap(window.baseAddress!, window.count)
        }
        let memory = unsafe open("/proc/self/mem", O_RDONLY | O_CLOEXEC)
        defer { close(memory) }
        let own = unsafe needle.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
        var found: Set<UInt> = []
        for region in Self.writableRegions() {
            var start = region.lowerBound
            while start < region.upperBound {
                // The window may have been joined with a neighbouring mapping: it must not be found in itself.
                if (windowStart..<windowStart + UInt(window.count)).contains(start) {
                    start = windowStart + UInt(window.count)
                    continue
                }
                var end = min(region.upperBound, start + UInt(window.count))
                if start < windowStart { end = min(end, windowStart) }
                let got = unsafe pread(memory, window.baseAddress, Int(end - start), off_t(start))
                // Other tests map and unmap meanwhile: a page that is gone is stepped over, and no more than that.
                guard got > 0 else {
                    start += 4096
                    continue
                }
                unsafe search(window.baseAddress!, count: got, at: start, into: &found)
                // Windows overlap, so that nothing is missed between two.
                start += got > 4096 ? UInt(got) - UInt(needle.count) : UInt(got)
                if start + UInt(needle.count) >= region.upperBound { break }
            }
        }
        found.remove(own)
        return found.sorted()
    }

    private func search(
        _ start: UnsafeMutableRawPointer, count: Int, at address: UInt, into found: inout Set<UInt>
    ) {
        unsafe needle.withUnsafeBytes { needle in
            let first = unsafe Int32(needle[0])
            var offset = 0
            while offset + needle.count <= count,
                let hit = unsafe memchr(start + offset, first, count - needle.count - offset + 1)
            {
                let position = unsafe UnsafeRawPointer(hit) - UnsafeRawPointer(start)
                if unsafe memcmp(hit, needle.baseAddress!, needle.count) == 0 {
                    found.insert(address + UInt(position))
                }
                offset = position + 1
            }
        }
    }

    private static func writableRegions() -> [Range<UInt>] {
        let descriptor = unsafe open("/proc/self/maps", O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        // Foundation's readers trust a size, and this file has none.
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while case let got = unsafe read(descriptor, &piece, piece.count), got > 0 { bytes += piece[..<got] }
        let maps = String(decoding: bytes, as: UTF8.self)
        return maps.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            let ends = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            return words[1].hasPrefix("rw") ? ends[0]..<ends[1] : nil
        }
    }
}
