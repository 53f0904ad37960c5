import Foundation
import Fuse
import Synchronization
import Testing

/// What another user meets there is tried by `Tests/MountTests/Scenarios/bare-mount-point.sh`.
@Suite("The bare directory below a mount")
struct BareMountPointTests {
    @Test("Is closed once it is mounted on, stays so after a mount that was served, and is mounted on again")
    func staysClosed() throws {
        try withDirectory { path, options, closings in
            for round in 1...2 {
                let session = try Session(fileSystem: TinyFileSystem(), options: options)
                try session.mount(at: path)
                let ended = DispatchSemaphore(value: 0)
                TestThread.detach {
                    session.run()
                    ended.signal()
                }
                let result = try #require(
                    Child("/bin/cat", [path + "/hello"], in: path).finish())
                #expect(result.status == 0, "\(result)")
                session.unmount()
                #expect(ended.wait(timeout: .now() + 30) == .success)
                #expect(BareMountPoint.isClosed(at: path), "round \(round)")
                #expect(closings.count == round)
            }
            try BareMountPoint(path).makeOrdinary(mode: 0o750)
            #expect(mode(of: path) == 0o750)
        }
    }

    @Test("Is what it was where nobody came to serve")
    func isPutBack() throws {
        try withDirectory { path, options, closings in
            let session = try Session(fileSystem: TinyFileSystem(), options: options)
            try session.mount(at: path)
            session.unmount()
            #expect(mode(of: path) == 0o710)
            let held = try HeldMount(at: path, options: options)
            held.detach()
            #expect(mode(of: path) == 0o710)
            #expect(closings.count == 2)
        }
    }

    @Test("Is left alone unless that is asked for")
    func isLeftAlone() throws {
        try withDirectory { path, _, _ in
            let session = try Session(fileSystem: TinyFileSystem())
            try session.mount(at: path)
            session.unmount()
            #expect(mode(of: path) == 0o710)
        }
    }

    @Test("Can't be a file, or missing")
    func isDirectory() {
        #expect(throws: Errno.notDirectory) { _ = try BareMountPoint("/etc/passwd").isClosed }
        #expect(throws: Errno.noSuchFileOrDirectory) { _ = try BareMountPoint("/nowhere").isClosed }
        #expect(!BareMountPoint.isClosed(at: "/etc/passwd") && !BareMountPoint.isClosed(at: "/nowhere"))
    }

    /// A directory of mode 0710, the options that close it, and what was told of that.
    private func withDirectory(
        _ body: (String, MountOptions, Closings) throws -> Void
    ) throws {
        let path = FileManager.default.temporaryDirectory.path + "/coffer-bare-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        defer {
            try? BareMountPoint(path).makeOrdinary(mode: 0o755)
            unsafe #expect(rmdir(path) == 0, "the mount point could not be removed: errno \(errno)")
        }
        unsafe #expect(chmod(path, 0o710) == 0)
        let closings = Closings()
        var options = unsafe MountOptions()
        options.closesMountPoint = true
        options.onMountPointClosed = { closing in closings.list.withLock { $0.append(closing) } }
        try body(path, options, closings)
    }

    private func mode(of path: String) -> UInt32? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
    }
}

/// What was told of closing.
private final class Closings: Sendable {
    let list = Mutex<[BareMountPoint.Closing]>([])

    var count: Int { list.withLock { $0.count } }
}
