import ControlSocket
import Foundation
import Glibc
import SecretMemory
import Synchronization
import Testing

/// The marker is random, made in guarded memory and never anywhere else, so that every other find is a copy.
@Suite("What stays behind in memory", .serialized)
struct MemoryTests {
    private static let markerByteCount = 32

    private static let distance = 1237

    /// `count` bytes of zeros with the marker at uneven distances in them.
    private static func body(of count: Int, with marker: borrowing SecretBytes) throws -> SecretBytes {
        var body = try SecretBytes(zeroedCount: count)
        for offset in stride(from: 0, through: count - markerByteCount, by: distance) {
            try unsafe marker.withUnsafeBytes { try unsafe body.write($0, at: offset) }
        }
        return body
    }

    /// How often the marker is in such a body.
    private static func times(in count: Int) -> Int { (count - markerByteCount) / distance + 1 }

    @Test("The search finds a copy in ordinary memory, on the heap and on a thread's stack")
    func control() throws {
        let scan = MemoryScan(needle: try SecretBytes.random(count: Self.markerByteCount))
        let before = scan.addresses()
        #expect(before == [])
        let heap = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 1)
        defer { unsafe heap.deallocate() }
        unsafe scan.needle.withUnsafeBytes { unsafe heap.copyMemory(from: $0) }
        let onHeap = scan.addresses()
        #expect(onHeap == [UInt(bitPattern: heap.baseAddress)])
        unsafe explicit_bzero(heap.baseAddress!, heap.count)
        unsafe withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { stack in
            unsafe scan.needle.withUnsafeBytes { unsafe stack.copyMemory(from: $0) }
            let onStack = scan.addresses()
            #expect(onStack == [UInt(bitPattern: stack.baseAddress)])
            unsafe explicit_bzero(stack.baseAddress!, stack.count)
        }
        let after = scan.addresses()
        #expect(after == [])
    }

    @Test(
        "While the handler runs a body is in guarded memory only, and afterwards nowhere",
        arguments: [100, 5_000, 60_000, 70_000, 300_000, 3_000_000])
    func wholeWay(count: Int) throws {
        let marker = try SecretBytes.random(count: Self.markerByteCount)
        let scan = MemoryScan(needle: try marker.copy())
        // The marker itself is one more place.
        let finds = Mutex<[Int]>([])
        do {
            let body = try Self.body(of: count, with: marker)
            let times = Self.times(in: count)
            let whole = try Scanner(marker)
            let fixture = try Fixture(bodyLimit: 4 << 20) { request in
                finds.withLock { $0.append(whole.count()) }
                return ControlResponse(body: request.body)
            }
            let reply = try fixture.client.call(target: "t", body: body)
            let isSame = reply.body.isEqual(to: body)
            #expect(isSame)
            // In the handler: the client's body and the request's, the marker and the test's second copy of it.
            #expect(finds.withLock { $0 } == [2 * times + 2])
            #expect(fixture.server.stop())
            // Now: the client's body and the reply's.
            #expect(whole.count() == 2 * times + 2)
        }
        let left = scan.addresses().count
        #expect(left == 1)
        _ = marker
    }

    @Test("A chunked body is wiped from the connection's buffer too")
    func chunked() throws {
        let marker = try SecretBytes.random(count: Self.markerByteCount)
        let whole = try Scanner(marker)
        let finds = Mutex<[Int]>([])
        let fixture = try Fixture { request in
            finds.withLock { $0.append(whole.count()) }
            return ControlResponse(body: SecretBytes("done"))
        }
        let connection = SecretSender(fixture.path)
        connection.send("POST / HTTP/1.1\r\nHost: a\r\nX-Amz-Target: t\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in 0..<50 {
            connection.send("20\r\n")
            connection.send(marker)
            connection.send("\r\n")
        }
        connection.send("0\r\n\r\n")
        #expect(connection.status() == 200)
        // The request's body, the marker, and the scanner's one is not counted.
        #expect(finds.withLock { $0 } == [50 + 1])
        #expect(fixture.server.stop())
        #expect(whole.count() == 1)
    }

    @Test("An answer is sent from guarded memory: no other copy exists while it goes out")
    func sending() throws {
        let marker = try SecretBytes.random(count: Self.markerByteCount)
        let whole = try Scanner(marker)
        let count = 2_000_000
        let times = Self.times(in: count)
        let source = Mutex(try marker.copy())
        let fixture = try Fixture { request in
            guard let body = source.withLock({ try? Self.body(of: count, with: $0) }) else {
                return ControlResponse(status: 500, body: request.body)
            }
            return ControlResponse(body: body)
        }
        let connection = SecretSender(fixture.path)
        connection.send("POST / HTTP/1.1\r\nHost: a\r\nX-Amz-Target: t\r\nContent-Length: 0\r\n\r\n")
        // One byte has come, and the rest does not fit into the kernel's buffer: the answer is going out.
        #expect(connection.receiveOne() == UInt8(ascii: "H"))
        #expect(whole.count() == times + 2)
        fixture.server.stop(limitSeconds: 0)
        #expect(whole.count() == 2)
    }

    @Test("A body that is refused or breaks off leaves nothing behind", arguments: [413, 405, 0])
    func refused(status: Int) throws {
        let marker = try SecretBytes.random(count: Self.markerByteCount)
        let whole = try Scanner(marker)
        let fixture = try Fixture(bodyLimit: status == 413 ? 100 : 1000)
        let connection = SecretSender(fixture.path)
        connection.send(
            "\(status == 405 ? "PUT" : "POST") / HTTP/1.1\r\nHost: a\r\nX-Amz-Target: t\r\nContent-Length: 320\r\n\r\n"
        )
        for _ in 0..<(status == 0 ? 9 : 10) { connection.send(marker) }
        if status == 0 { connection.finishSending() }
        #expect(connection.status() == (status == 0 ? nil : status))
        #expect(fixture.server.stop())
        #expect(whole.count() == 1)
    }
}

/// A scan that handlers on other threads can use.
final class Scanner: Sendable {
    private let scan: Mutex<MemoryScan>

    init(_ needle: borrowing SecretBytes) throws { scan = Mutex(MemoryScan(needle: try needle.copy())) }

    func count() -> Int { scan.withLock { $0.addresses().count } }
}
