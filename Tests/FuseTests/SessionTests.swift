import Foundation
import Fuse
import Synchronization
import Testing

@Suite("A session")
struct SessionTests {
    @Test("The requests' buffers come from the caller, and what was written is wiped from them")
    func requestBufferIsWiped() throws {
        let buffers = BufferLedger()
        var options = unsafe MountOptions()
        unsafe options.requestBuffer = { size in unsafe buffers.make(size) }
        unsafe options.releaseRequestBuffer = { pointer, size in unsafe buffers.takeBack(pointer, size) }
        let fileSystem = TinyFileSystem()
        try withMounted(fileSystem, options: options, threadCount: 2) { mounted in
            let result = try Child.shell(
                "printf 'a written secret' > $MOUNT/sink && cat $MOUNT/hello", in: mounted)
            #expect(result.status == 0, "\(result)")
            #expect(
                fileSystem.seen.withLock { String(decoding: $0.written, as: UTF8.self) } == "a written secret"
            )
        }
        // The session wipes after each request and not at the end, so what a request had left would be here.
        #expect(buffers.takenBack == [true, true])
        buffers.free()
    }

    @Test("requestExit ends the loops while a child holds a file open, and unmount lets the child go")
    func exitWithOpenFile() throws {
        let mounted = try Mounted(TinyFileSystem(), threadCount: 3)
        defer { mounted.close() }
        let child = try Child(
            "/usr/bin/env",
            [
                "python3", "-c",
                """
                import os, sys, errno
                f = os.open(os.environ['MOUNT'] + '/hello', os.O_RDONLY)
                print('open', flush=True)
                sys.stdin.read()
                try: os.read(f, 10)
                except OSError as e: print(errno.errorcode[e.errno])
                """,
            ], in: mounted.path)
        #expect(child.waitFor("open\n"))
        mounted.session.requestExit()
        #expect(mounted.waitForEnd() == .exitRequested)
        #expect(mounted.isInMountTable)
        mounted.session.unmount()
        child.closeInput()
        #expect(child.finish()?.output == "ENOTCONN\n")
    }

    @Test("unmount while serving lets open files be read, and run comes back when the last is closed")
    func unmountWithOpenFile() throws {
        // What the file system hears of the last close is not looked at: the kernel sends its release and ends the
        // connection in one go, and throws away what has not been read by then.
        let mounted = try Mounted(TinyFileSystem())
        defer { mounted.close() }
        let child = try Child(
            "/usr/bin/env",
            [
                "python3", "-c",
                """
                import os, sys
                f = os.open(os.environ['MOUNT'] + '/hello', os.O_RDONLY)
                print('open', flush=True)
                sys.stdin.read()
                print(os.read(f, 5))
                """,
            ], in: mounted.path)
        #expect(child.waitFor("open\n"))
        mounted.session.unmount()
        #expect(!mounted.isInMountTable)
        child.closeInput()
        #expect(child.finish()?.output == "b'hello'\n")
        #expect(mounted.waitForEnd() == .unmounted)
    }

    @Test("An unmount from outside ends run")
    func unmountFromOutside() throws {
        let mounted = try Mounted(TinyFileSystem(), threadCount: 3)
        defer { mounted.close() }
        let result = try Child.shell("cat $MOUNT/hello >/dev/null && umount $MOUNT", in: mounted)
        #expect(result.status == 0)
        #expect(mounted.waitForEnd() == .unmounted)
    }

    @Test("The mount table shows the names, and the kernel refuses changes where it shall")
    func mountTable() throws {
        let options = unsafe MountOptions(fileSystemName: "a,b\\c", subtype: "tiny", readOnly: true)
        try withMounted(TinyFileSystem(), options: options) { mounted in
            let table = try String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)
            let line = try #require(table.split(separator: "\n").first { $0.contains(mounted.path) })
            #expect(line.contains("- fuse.tiny a,b\\134c "), "\(line)")
            let result = try Child.python(
                """
                try: os.mkdir(mount + '/new')
                except OSError as e: print(errno.errorcode[e.errno])
                """, in: mounted)
            #expect(result.output == "EROFS\n")
        }
    }

    @Test("A session that can't be mounted says why")
    func mountFailures() throws {
        let session = try Session(fileSystem: TinyFileSystem())
        let missing = FileManager.default.temporaryDirectory.path + "/coffer-missing-\(UUID().uuidString)"
        #expect(throws: SessionError.mountPointMissing(path: missing)) { try session.mount(at: missing) }
        #expect(throws: SessionError.mountPointNotDirectory(path: "/etc/passwd")) {
            try session.mount(at: "/etc/passwd")
        }
        try withMounted(TinyFileSystem()) { mounted in
            #expect(throws: SessionError.alreadyMounted) { try mounted.session.mount(at: mounted.path) }
        }
    }

    @Test("Several threads serve several clients at once")
    func manyClients() throws {
        try withMounted(TinyFileSystem(), threadCount: 4) { mounted in
            // Not the shell's "wait": it waits for a signal, which the threads that tests run on have blocked.
            let result = try Child.python(
                """
                for i in range(6):
                    if os.fork() == 0:
                        for j in range(40):
                            for name in ['hello', 'late']:
                                f = os.open(mount + '/' + name, os.O_RDONLY)
                                text = os.read(f, 10) + os.read(f, 100)
                                os.close(f)
                                assert text == b'hello through the kernel\\n', text
                        os._exit(0)
                print([os.wait()[1] for i in range(6)])
                """, in: mounted)
            #expect(result == Child.Result(output: "[0, 0, 0, 0, 0, 0]\n", status: 0))
        }
    }
}

/// Buffers given to a session, and whether they were wiped when they came back.
private final class BufferLedger: Sendable {
    private let returned = Mutex<[(address: UInt, isWiped: Bool)]>([])

    func make(_ size: Int) -> UnsafeMutableRawPointer {
        UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 4_096)
    }

    func takeBack(_ memory: UnsafeMutableRawPointer, _ size: Int) {
        let isWiped = unsafe UnsafeRawBufferPointer(start: memory, count: size).allSatisfy { $0 == 0 }
        let address = UInt(bitPattern: memory)
        returned.withLock { $0.append((address, isWiped)) }
    }

    var takenBack: [Bool] { returned.withLock { $0.map(\.isWiped) } }

    func free() {
        returned.withLock {
            for buffer in $0 { unsafe UnsafeMutableRawPointer(bitPattern: buffer.address)!.deallocate() }
        }
    }
}
