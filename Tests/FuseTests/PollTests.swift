import Foundation
import Fuse
import Synchronization
import Testing

@Suite("Polling and seeking")
struct PollTests {
    @Test("Who waits in poll is woken, and told what is the case then")
    func woken() throws {
        let fileSystem = TinyFileSystem()
        try withMounted(fileSystem) { mounted in
            let child = try Child(
                "/usr/bin/env",
                [
                    "python3", "-c",
                    """
                    import os, select
                    f = os.open(os.environ["MOUNT"] + "/hello", os.O_RDONLY)
                    p = select.poll(); p.register(f, select.POLLPRI)
                    print(p.poll(0), [m for _, m in p.poll(30000)], [m for _, m in p.poll(0)])
                    """,
                ], in: mounted.path)
            child.closeInput()
            #expect(fileSystem.someoneWaits.wait(timeout: .now() + 30) == .success, "nobody waits")
            fileSystem.isUrgent.store(true, ordering: .relaxed)
            fileSystem.waiter.withLock { $0.take() }?.wake()
            #expect(child.finish()?.output == "[] [2] [2]\n")
        }
    }

    @Test("A right to wake that is dropped harms nobody, not after the end either")
    func dropped() throws {
        let fileSystem = TinyFileSystem()
        try withMounted(fileSystem) { mounted in
            let result = try Child.python(
                """
                import select
                f = os.open(mount + "/hello", os.O_RDONLY)
                p = select.poll(); p.register(f, select.POLLPRI)
                print(p.poll(1), p.poll(1), os.read(f, 5))
                """, in: mounted)
            #expect(result.output == "[] [] b'hello'\n")
        }
        var wasKept = false
        if let handle = fileSystem.waiter.withLock({ $0.take() }) {
            wasKept = true
            handle.wake()
        }
        #expect(wasKept)
    }

    @Test("Data and holes are sought by the file system, everything else by the kernel")
    func holes() throws {
        try withMounted(TinyFileSystem()) { mounted in
            let result = try Child.python(
                """
                f = os.open(mount + "/hello", os.O_RDONLY)
                ask = lambda place, how: os.lseek(f, place, how)
                print(ask(0, os.SEEK_DATA), ask(6, os.SEEK_DATA), ask(0, os.SEEK_HOLE), ask(10, os.SEEK_HOLE), ask(0, os.SEEK_END))
                try: ask(25, os.SEEK_DATA)
                except OSError as error: print(errno.errorcode[error.errno])
                """, in: mounted)
            #expect(result.output == "0 10 5 25 25\nENXIO\n")
        }
    }

    @Test("The kernel tells which nodes it holds: what is open, and not what nobody asked for")
    func held() throws {
        try withMounted(TinyFileSystem()) { mounted in
            let child = try Child(
                "/bin/sh", ["-c", "exec 3< $MOUNT/hello; echo open; cat"], in: mounted.path)
            #expect(child.waitFor("open"))
            let (answers, report) = AsyncAnswer.make()
            let nodes = [TinyFileSystem.Node.hello, .sink].map { InodeNumber(rawValue: $0.rawValue) }
            mounted.session.notifications.whichAreHeld(nodes) { report($0) }
            #expect(answers() == [true, false])
            child.closeInput()
            #expect(child.finish()?.status == 0)
        }
    }
}

/// An answer that comes on another thread.
private enum AsyncAnswer {
    static func make() -> (wait: () -> [Bool]?, report: @Sendable ([Bool]) -> Void) {
        let done = DispatchSemaphore(value: 0)
        let value = Kept()
        return (
            { done.wait(timeout: .now() + 30) == .success ? value.answer.withLock { $0 } : nil },
            { answer in
                value.answer.withLock { $0 = answer }
                done.signal()
            }
        )
    }

    private final class Kept: Sendable {
        let answer = Mutex<[Bool]?>(nil)
    }
}
