import Glibc
import SecretMemory

/// Bytes of a hexadecimal text; white space is skipped.
func hex(_ text: String) -> [UInt8] {
    let digits = text.filter { !$0.isWhitespace }.map { UInt8($0.hexDigitValue!) }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

/// The bytes `range`, one after the other.
func bytes(_ range: ClosedRange<UInt8>) -> [UInt8] { Array(range) }

extension SecretBytes {
    /// A copy in ordinary memory, which only a test may make.
    var exposed: [UInt8] {
        unsafe withUnsafeBytes { unsafe Array($0) }
    }

    init(_ bytes: [UInt8]) throws(SecretMemoryError) { try self.init(copying: bytes.span) }
}

extension SymmetricKey {
    /// A copy in ordinary memory, which only a test may make.
    var exposed: [UInt8] {
        unsafe withUnsafeBytes { unsafe Array($0) }
    }

    init(_ bytes: [UInt8]) throws(SecretMemoryError) { try self.init(copying: bytes.span) }
}

/// SplitMix64: the same numbers for the same seed, on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

/// Whether all of `memory` is `byte`.
func isFilled(_ memory: UnsafeMutableRawBufferPointer, with byte: UInt8) -> Bool {
    guard let start = memory.baseAddress, memory.count > 0 else { return true }
    // Each byte equals its neighbour, and the first is the one.
    return unsafe start.load(as: UInt8.self) == byte && memcmp(start, start + 1, memory.count - 1) == 0
}

/// The error that `body` throws, or nil.
func failure(of body: () throws(SecretMemoryError) -> Void) -> SecretMemoryError? {
    do {
        try body()
        return nil
    } catch {
        return error
    }
}
