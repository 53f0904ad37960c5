import Foundation
import SecretMemory
import Testing

@Suite("Descriptors")
struct DescriptorTests {
    /// A file without a name that holds `bytes`, at its start.
    private func file(holding bytes: [UInt8]) -> Int32 {
        let stream = unsafe tmpfile()!
        defer { unsafe fclose(stream) }
        let fd = unsafe dup(fileno(stream))
        let wrote = unsafe bytes.withUnsafeBytes { unsafe write(fd, $0.baseAddress, $0.count) }
        precondition(wrote == bytes.count && lseek(fd, 0, SEEK_SET) == 0)
        return fd
    }

    @Test("A file is read whole, up to exactly the limit", arguments: [0, 1, 4095, 4096, 4097, 100_000])
    func reading(count: Int) throws {
        let content = Random.bytes(count)
        let fd = file(holding: content)
        defer { close(fd) }
        let read = try SecretBytes(reading: fd, limit: count).exposed
        #expect(read == content)
    }

    @Test("One byte more than the limit is refused", arguments: [0, 10, 5000])
    func tooLong(limit: Int) {
        let fd = file(holding: Random.bytes(limit + 1))
        defer { close(fd) }
        #expect(throws: SecretMemoryError.tooLong(limit: limit)) {
            _ = try SecretBytes(reading: fd, limit: limit)
        }
    }

    @Test("A pipe is read to its end, in whatever pieces it comes")
    func pipePieces() throws {
        var ends: [Int32] = [0, 0]
        unsafe pipe(&ends)
        defer { close(ends[0]) }
        let content = Random.bytes(300_000)
        let writer = ends[1]
        Thread.detachNewThread {
            var rest = content[...]
            while !rest.isEmpty {
                let wrote = unsafe Array(rest.prefix(777)).withUnsafeBytes {
                    unsafe write(writer, $0.baseAddress, $0.count)
                }
                rest = rest.dropFirst(max(wrote, 0))
            }
            close(writer)
        }
        let read = try SecretBytes(reading: ends[0], limit: 1 << 20).exposed
        #expect(read == content)
    }

    @Test("All bytes are written, also through a pipe that takes them slowly")
    func writing() throws {
        var ends: [Int32] = [0, 0]
        unsafe pipe(&ends)
        let (reader, writer) = (ends[0], ends[1])
        defer { close(reader) }
        let content = Random.bytes(300_000)
        Thread.detachNewThread {
            if let bytes = try? SecretBytes(content) { try? bytes.writeAll(to: writer) }
            close(writer)
        }
        let read = try SecretBytes(reading: reader, limit: 1 << 20).exposed
        #expect(read == content)
    }

    @Test("A descriptor of the wrong kind is refused with its errno")
    func wrongDescriptor() throws {
        #expect(throws: SecretMemoryError.readFailed(errno: EBADF)) {
            _ = try SecretBytes(reading: -1, limit: 10)
        }
        let bytes = try SecretBytes([1])
        do {
            try bytes.writeAll(to: -1)
            Issue.record("writing to no descriptor went through")
        } catch { #expect(error == .writeFailed(errno: EBADF)) }
    }
}
