import Foundation
import Fuse
import Synchronization
import Testing

@testable import struct Fuse.UnansweredNumbers

@Suite("What a process that has ended leaves unanswered")
struct UnansweredTests {
    @Test("Numbers from the oldest mark to the highest read are taken in, and some on both sides")
    func range() {
        var numbers = UnansweredNumbers(first: 2, deadlineSeconds: 10)
        #expect(Array(numbers.recent.prefix(2)) == [2, 4])
        numbers.note(100_000)
        #expect(numbers.recent.contains(2) && numbers.recent.contains(100_000 + 8192))
        numbers.settle()
        #expect(Array(numbers.recent) == Array(stride(from: 91_808, through: 108_192, by: 2)))
        #expect(Array(numbers.older).isEmpty)
        // A lower one, of a thread that was slower, changes nothing.
        numbers.note(99_998)
        #expect(numbers.highest == 100_000)
    }

    @Test(
        "As many marks are kept as two deadlines and 8 s have periods; what is not recent goes on where they begin"
    )
    func marks() {
        var numbers = UnansweredNumbers(first: 2, deadlineSeconds: 1)
        var time = SuspendingClock.now
        for period in 1...30 {
            time += UnansweredNumbers.period
            numbers.note(UInt64(period) * 100_000, at: time)
            numbers.note(UInt64(period) * 100_000 + 2, at: time)
        }
        #expect(numbers.older.first { _ in true } == 1_100_000 - 8192)
        #expect(numbers.recent.first { _ in true } == 2_800_000 - 8192)
        #expect(Array(numbers.older).last == 2_800_000 - 8194)
    }

    @Test("Who was read of hears EIO; who waits to be read is left to the next process")
    func failed() throws {
        let path = FileManager.default.temporaryDirectory.path + "/coffer-fuse-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        let journal = try TakeoverJournal()
        let mount = try HeldMount(at: path, options: unsafe MountOptions(asksToResend: false))
        defer {
            mount.detach()
            unsafe #expect(rmdir(path) == 0)
        }
        let fileSystem = TinyFileSystem()
        let session = try Session(fileSystem: fileSystem, options: unsafe MountOptions())
        try session.attach(to: dup(mount.descriptor), journal: journal)
        session.replay(initRequest: mount.initRequest)
        // Nobody reads yet.
        let child = try Child(
            "/usr/bin/env",
            [
                "python3", "-c",
                """
                import errno, os
                print(os.stat(os.environ["MOUNT"] + "/hello").st_size, flush=True)
                try: os.open(os.environ["MOUNT"] + "/stuck", os.O_RDONLY)
                except OSError as error: print(errno.errorcode[error.errno])
                print(open(os.environ["MOUNT"] + "/hello").read(5))
                """,
            ], in: path)
        child.closeInput()
        var question = pollfd(fd: mount.descriptor, events: Int16(POLLIN), revents: 0)
        unsafe #expect(poll(&question, 1, 30_000) == 1)
        #expect(!mount.resend())
        let failed = Mutex(0)
        let fail = {
            mount.failUnanswered(upTo: journal.highestRequest) { numbers in
                failed.withLock { $0 += numbers.count }
            }
            return failed.withLock { $0 }
        }
        #expect(fail() == 0)
        let ended = DispatchSemaphore(value: 0)
        TestThread.detach {
            session.run()
            ended.signal()
        }
        #expect(child.waitFor("25"))
        fileSystem.hangs.wait()
        #expect(fail() == 1)
        #expect(fail() == 1)
        fileSystem.gate.signal()
        #expect(child.finish()?.output == "EIO\nhello\n")
        session.requestExit()
        ended.wait()
    }
}
