/// Bytes that are gathered for one line or one hash: an array's append without its cost, since each open writes one.
///
/// It keeps its memory when it is emptied.
@safe struct LineBuffer: ~Copyable, @unchecked Sendable {
    // Sendable: the memory has this one owner, and goes with it.
    private var memory: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private(set) var count = 0

    init(capacity: Int = 1024) {
        unsafe memory = .allocate(capacity: capacity)
        self.capacity = capacity
    }

    deinit { unsafe memory.deallocate() }

    /// Lends the bytes to `body`, those before `start` left out.
    @inline(__always)
    borrowing func withSpan<Result, Failure: Error>(
        from start: Int = 0, _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(start <= count, "a line begins within itself")
        return try unsafe body(UnsafeBufferPointer(start: memory + start, count: count - start).span)
    }

    /// The bytes, copied.
    var bytes: [UInt8] { unsafe Array(UnsafeBufferPointer(start: memory, count: count)) }

    mutating func removeAll() { count = 0 }

    mutating func removeLast(_ number: Int) {
        precondition(number <= count, "no more can go than is there")
        count -= number
    }

    /// Room for `number` more bytes, which count from now on.
    @inline(__always)
    mutating func extend(by number: Int) -> UnsafeMutablePointer<UInt8> {
        let start = count
        count += number
        if count > capacity { grow() }
        return unsafe memory + start
    }

    private mutating func grow() {
        let larger = max(count, capacity * 2)
        let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        unsafe moved.update(from: memory, count: capacity)
        unsafe memory.deallocate()
        unsafe memory = moved
        capacity = larger
    }

    @inline(__always)
    mutating func append(_ byte: UInt8) { unsafe extend(by: 1).pointee = byte }

    /// Appends text that is known when the program is built.
    @inline(__always)
    mutating func append(_ text: StaticString) {
        let count = text.utf8CodeUnitCount
        unsafe extend(by: count).update(from: text.utf8Start, count: count)
    }

    /// Appends all of `bytes`.
    mutating func append(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { unsafe append($0) }
    }

    /// Appends all of `bytes`.
    mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let start = bytes.baseAddress else { return }
        unsafe extend(by: bytes.count).update(from: start, count: bytes.count)
    }

    /// Appends a number in decimal.
    mutating func appendNumber(_ value: UInt64) {
        var count = 1
        var bound: UInt64 = 10
        while value >= bound {
            count += 1
            let (next, isOver) = bound.multipliedReportingOverflow(by: 10)
            if isOver { break }
            bound = next
        }
        appendNumber(value, digits: count)
    }

    /// Appends the low `digits` decimal digits of a number, with zeros in front.
    mutating func appendNumber(_ value: UInt64, digits: Int) {
        let start = unsafe extend(by: digits)
        var rest = value
        for index in stride(from: digits - 1, through: 0, by: -1) {
            unsafe start[index] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }

    /// Appends the low `digits` hexadecimal digits of a number, in lower case.
    mutating func appendHex(_ value: UInt64, digits: Int) {
        var text: (UInt64, UInt64) = (Self.hex(value >> 32), Self.hex(value & 0xffff_ffff))
        unsafe withUnsafeBytes(of: &text) { text in
            let low = unsafe text.bindMemory(to: UInt8.self).baseAddress! + (16 - digits)
            unsafe extend(by: digits).update(from: low, count: digits)
        }
    }

    /// Eight digits as eight bytes, the first one at the lowest address: every step spreads the halves of each part.
    private static func hex(_ value: UInt64) -> UInt64 {
        var nibbles = (value << 16 | value) & 0x0000_ffff_0000_ffff
        nibbles = (nibbles << 8 | nibbles) & 0x00ff_00ff_00ff_00ff
        nibbles = (nibbles << 4 | nibbles) & 0x0f0f_0f0f_0f0f_0f0f
        let letters = (nibbles + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        let gap = UInt64(UInt8(ascii: "a") - UInt8(ascii: "0") - 10)
        return (nibbles + 0x3030_3030_3030_3030 + letters * gap).bigEndian
    }
}
