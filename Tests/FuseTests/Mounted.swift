import Foundation
import Fuse
import Synchronization
import Testing

/// A file system mounted in a directory of its own, served until `close`.
final class Mounted: Sendable {
    let session: Session
    let path: String
    private let ended = DispatchSemaphore(value: 0)
    private let end = Mutex<Session.End?>(nil)

    init(
        _ fileSystem: any FileSystem, options: MountOptions = unsafe MountOptions(), threadCount: Int = 2
    ) throws {
        path = FileManager.default.temporaryDirectory.path + "/coffer-fuse-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        do {
            session = try Session(fileSystem: fileSystem, options: options)
            try session.mount(at: path)
        } catch {
            try? FileManager.default.removeItem(atPath: path)
            throw error
        }
        TestThread.detach { [self] in
            let reason = session.run(threadCount: threadCount)
            end.withLock { $0 = reason }
            ended.signal()
        }
    }

    /// Waits until `run` comes back; nil if it doesn't within a time that only a fault exceeds.
    func waitForEnd() -> Session.End? {
        guard ended.wait(timeout: .now() + 30) == .success else { return nil }
        ended.signal()
        return end.withLock { $0 }
    }

    /// Stops serving, unmounts, aborts the connection, and removes the directory.
    func close() {
        session.requestExit()
        let reason = waitForEnd()
        session.unmount()
        #expect(reason != nil, "the loops did not end")
        #expect(!isInMountTable, "the file system is still mounted")
        // rmdir, so that nothing behind a mount that should have gone could ever be removed.
        unsafe #expect(rmdir(path) == 0, "the mount point could not be removed: errno \(errno)")
    }

    var isInMountTable: Bool {
        let table = (try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)) ?? ""
        return table.split(separator: "\n").contains { $0.split(separator: " ")[4] == path }
    }
}

/// Mounts, runs `body`, and leaves nothing mounted whatever happens in it.
func withMounted(
    _ fileSystem: any FileSystem, options: MountOptions = unsafe MountOptions(), threadCount: Int = 2,
    _ body: (Mounted) throws -> Void
) throws {
    let mounted = try Mounted(fileSystem, options: options, threadCount: threadCount)
    defer { mounted.close() }
    try body(mounted)
}
