import Testing

@testable import SecretMemory

@Suite("SecretBytes")
struct SecretBytesTests {
    @Test("A new one is empty, a zeroed one is zeros, a copied one has its bytes")
    func making() throws {
        let empty = try SecretBytes(capacity: 100)
        #expect(empty.count == 0)
        #expect(empty.capacity >= 100)
        let zeros = try SecretBytes(zeroedCount: 5).exposed
        #expect(zeros == [0, 0, 0, 0, 0])
        let copied = try SecretBytes([1, 2, 3]).exposed
        #expect(copied == [1, 2, 3])
    }

    @Test("One without capacity takes no memory and still grows")
    func withoutCapacity() throws {
        var bytes = try SecretBytes(capacity: 0)
        #expect(bytes.capacity == 0)
        #expect(bytes.exposed == [])
        #expect(bytes.isEqual(to: try SecretBytes([])))
        try bytes.append(9)
        #expect(bytes.exposed == [9])
    }

    @Test("Growth keeps the content, and the old memory holds it no longer")
    func growthWipes() throws {
        let pattern = Random.bytes(64)
        var bytes = try SecretBytes(pattern)
        let old = UInt(bitPattern: unsafe bytes.cell.memory.baseAddress)
        try bytes.append([1].span)
        let new = UInt(bitPattern: unsafe bytes.cell.memory.baseAddress)
        #expect(new != old)
        #expect(bytes.exposed == pattern + [1])
        // Another test may have the cell by now, but never this random pattern.
        let left = unsafe UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: old), count: 64)
        let remains = unsafe left.elementsEqual(pattern)
        #expect(!remains)
    }

    @Test("Cutting wipes what is cut, so that growing again shows zeros")
    func cutting() throws {
        var bytes = try SecretBytes([1, 2, 3, 4])
        try bytes.resize(to: 1)
        try bytes.resize(to: 4)
        #expect(bytes.exposed == [1, 0, 0, 0])
    }

    @Test("Writing behind the end fills the gap with zeros; writing nothing changes nothing")
    func gap() throws {
        var bytes = try SecretBytes([1])
        try unsafe [UInt8]([7, 8]).withUnsafeBytes { try unsafe bytes.write($0, at: 3) }
        #expect(bytes.exposed == [1, 0, 0, 7, 8])
        try unsafe [UInt8]().withUnsafeBytes { try unsafe bytes.write($0, at: 100) }
        #expect(bytes.exposed == [1, 0, 0, 7, 8])
    }

    @Test("A size that no machine has is refused, and the content stays")
    func impossibleSizes() throws {
        #expect(throws: SecretMemoryError.self) { _ = try SecretBytes(capacity: Int.max) }
        #expect(throws: SecretMemoryError.self) { _ = try SecretBytes(capacity: Int.max / 4) }
        var bytes = try SecretBytes([1])
        do {
            try unsafe [UInt8]([7]).withUnsafeBytes { try unsafe bytes.write($0, at: Int.max) }
            Issue.record("writing at the end of the address space went through")
        } catch {
            #expect(error as? SecretMemoryError == .outOfGuardedMemory(bytes: Int.max))
        }
        #expect(bytes.exposed == [1])
    }

    @Test("Bytes can be changed in place, by span and by address")
    func changing() throws {
        var bytes = try SecretBytes([1, 2, 3])
        bytes.withMutableBytes { $0[1] = 20 }
        unsafe bytes.withUnsafeMutableBytes { unsafe $0[2] = 30 }
        #expect(bytes.exposed == [1, 20, 30])
    }

    @Test("A copy is independent")
    func copying() throws {
        let bytes = try SecretBytes([1, 2, 3])
        var copy = try bytes.copy()
        copy.withMutableBytes { $0[0] = 9 }
        #expect(bytes.exposed == [1, 2, 3])
        #expect(copy.exposed == [9, 2, 3])
    }

    @Test("Equality looks at every byte and at the length")
    func equality() throws {
        let bytes = try SecretBytes([1, 2, 3])
        let results = [
            bytes.isEqual(to: try SecretBytes([1, 2, 3])), bytes.isEqual(to: try SecretBytes([1, 2, 4])),
            bytes.isEqual(to: try SecretBytes([0, 2, 3])), bytes.isEqual(to: try SecretBytes([1, 2])),
        ]
        #expect(results == [true, false, false, false])
    }

    @Test(
        "One newline at the end is dropped, with its carriage return",
        arguments: [
            ("", ""), ("\n", ""), ("a", "a"), ("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), ("a\r", "a\r"),
            ("\na", "\na"),
        ])
    func newline(before: String, after: String) throws {
        var bytes = try SecretBytes(Array(before.utf8))
        bytes.dropTrailingNewline()
        #expect(bytes.exposed == Array(after.utf8))
        let rest = unsafe bytes.cell.memory[bytes.count...].allSatisfy { $0 == 0 }
        #expect(rest)
    }

    @Test("Random bytes differ, in secrets and elsewhere, and uniform numbers stay below their bound")
    func random() throws {
        let one = try SecretBytes.random(count: 32)
        let two = try SecretBytes.random(count: 32)
        let same = one.isEqual(to: two)
        #expect(!same)
        #expect(Random.bytes(32) != Random.bytes(32))
        #expect(Random.bytes(0) == [])
        let numbers = (0..<1000).map { _ in Random.uniform(below: 3) }
        #expect(Set(numbers) == [0, 1, 2])
    }
}
