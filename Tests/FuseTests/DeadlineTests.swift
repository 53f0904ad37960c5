import Foundation
import Fuse
import Synchronization
import Testing

@Suite("Deadlines")
struct DeadlineTests {
    @Test("Handlers that hang hold nobody else up")
    func stuckHandlers() throws {
        let fileSystem = TinyFileSystem()
        try withMounted(fileSystem, threadCount: 1) { mounted in
            let child = try Child(
                "/usr/bin/env",
                [
                    "python3", "-c",
                    """
                    import os, threading
                    mount = os.environ["MOUNT"]
                    threads = [threading.Thread(target=lambda: os.open(mount + "/stuck", os.O_RDONLY)) for _ in range(3)]
                    for t in threads: t.start()
                    print(os.stat(mount + "/hello").st_size, len(os.listdir(mount)) > 5, flush=True)
                    for t in threads: t.join()
                    print("opened")
                    """,
                ], in: mounted.path)
            child.closeInput()
            #expect(child.waitFor("25 True"))
            for _ in 0..<3 { fileSystem.gate.signal() }
            #expect(child.finish()?.output == "opened\n")
            let after = try Child.python("print(open(mount + '/hello').read(5))", in: mounted)
            #expect(after.output == "hello\n")
        }
    }

    @Test("Who waits for a handler that hangs is answered EIO in time, and what it says later goes nowhere")
    func overdue() throws {
        let fileSystem = TinyFileSystem()
        let overdue = Counter()
        let options = unsafe MountOptions(deadlineSeconds: 1, onOverdue: { overdue.add() })
        try withMounted(fileSystem, options: options, threadCount: 1) { mounted in
            let open = """
                for i in range(2):
                    try: os.open(mount + "/stuck", os.O_RDONLY)
                    except OSError as error: print(errno.errorcode[error.errno])
                """
            #expect(try Child.python(open, in: mounted).output == "EIO\nEIO\n")
            #expect(overdue.value == 2)
            for _ in 0..<2 { fileSystem.gate.signal() }
            let after = try Child.python("print(open(mount + '/hello').read(5))", in: mounted)
            #expect(after.output == "hello\n")
        }
    }

    @Test("The end waits for a handler that hangs no longer than the deadline")
    func stuckAtTheEnd() throws {
        let fileSystem = TinyFileSystem()
        let options = unsafe MountOptions(deadlineSeconds: 1)
        try withMounted(fileSystem, options: options, threadCount: 1) { mounted in
            let result = try Child.python(
                """
                try: os.open(mount + "/stuck", os.O_RDONLY)
                except OSError as error: print(errno.errorcode[error.errno])
                """, in: mounted)
            #expect(result.output == "EIO\n")
        }
        fileSystem.gate.signal()
    }
}

private final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    var value: Int { count.load(ordering: .relaxed) }

    func add() { count.wrappingAdd(1, ordering: .relaxed) }
}
