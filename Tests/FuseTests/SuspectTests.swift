import Glibc
import Synchronization
import Testing

@testable import Fuse

@Suite("Requests at which processes crash")
struct SuspectTests {
    /// The kernel's end of a socket pair, which asks for attributes of the root by the numbers that the test gives.
    private final class Asker {
        let descriptor: Int32

        init(_ session: Session, _ journal: TakeoverJournal) throws {
            var ends: [Int32] = [0, 0]
            let type = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            try #require(unsafe socketpair(AF_UNIX, type, 0, &ends) == 0)
            descriptor = ends[0]
            try session.attach(to: ends[1], journal: journal)
            TestThread.detach { session.run() }
            // `struct fuse_init_in` of version 7.38.
            _ = try ask(26, 2, [7, 38, 131_072, 0x01ff_ffff] + Array(repeating: 0, count: 12))
        }

        deinit { close(descriptor) }

        /// Asks, and tells the errno of the answer.
        func ask(_ opcode: UInt32, _ number: UInt64, _ body: [UInt32]) throws -> Int32 {
            var words: [UInt32] = [UInt32(40 + body.count * 4), opcode]
            words += [UInt32(truncatingIfNeeded: number), UInt32(number >> 32), 1, 0, 0, 0, 0, 0]
            words += body
            try #require(unsafe send(descriptor, words, words.count * 4, 0) == words.count * 4)
            var question = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            try #require(unsafe poll(&question, 1, 60_000) == 1)
            var answer = [UInt32](repeating: 0, count: 1024)
            try #require(unsafe read(descriptor, &answer, 4096) >= 16)
            #expect(UInt64(answer[2]) | UInt64(answer[3]) << 32 == number)
            return -Int32(bitPattern: answer[1])
        }
    }

    private static let getattr: UInt32 = 3

    @Test("The second crash at a request is the last: it is answered EIO, and others as ever")
    func poison() throws {
        let journal = try TakeoverJournal()
        let told = Atomic<Int>(0)
        let options = unsafe MountOptions(onSuspect: { told.add(1, ordering: .relaxed) })
        let session = try Session(fileSystem: TinyFileSystem(), options: options)
        let kernel = try Asker(session, journal)
        let again = 8 | Transport.resentBit
        // Once the next one is answered, the one before is no longer worked on.
        func ask(_ number: UInt64) throws -> Int32 {
            let answer = try kernel.ask(Self.getattr, number, [0, 0, 0, 0])
            #expect(try kernel.ask(Self.getattr, 100, [0, 0, 0, 0]) == 0)
            return answer
        }
        journal.setWork(8, at: 3)
        journal.setWork(again + 2, at: 4)
        journal.endWork(isCrash: true)
        #expect(try ask(again) == 0)
        journal.endWork(isCrash: true)
        #expect(try ask(again) == 0)
        journal.setWork(again, at: 3)
        journal.endWork(isCrash: false)
        #expect(try ask(again) == 0)
        journal.setWork(again, at: 3)
        journal.endWork(isCrash: true)
        #expect(try ask(again) == EIO)
        #expect(try ask(again + 2) == 0)
        #expect(told.load(ordering: .relaxed) == 1)
        session.requestExit()
    }
}
