internal import ArgumentParser
internal import Glibc

/// `coffer umount`: takes a mount away and waits until its daemon has finished.
struct UmountCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "umount",
        abstract: "Unmount a store.",
        discussion: """
            Waits until the daemon has written what is under way and closed the store. Where it goes on, since another \
            mount namespace (a container) holds the mount too, it is told to stop. A mount that a daemon which is gone \
            has left behind is cleared.

            EXAMPLES:
              coffer umount /secrets
              coffer umount --lazy /secrets     although files are open: they stay readable until they are closed
            """)

    @Argument(help: "The mount point.")
    var mountPoint: String

    @Flag(help: "Take it from its place even while files are open.")
    var lazy = false

    func run() throws {
        let path = StoreLocation.absolute(mountPoint)
        guard let type = MountTable.type(at: path) else {
            throw CommandFailure(.notFound, "nothing is mounted at \(path)")
        }
        guard type == "fuse.coffer" else {
            throw CommandFailure(
                .invalidInput, "what is mounted at \(path) is \(type), not Coffer; use umount(8)")
        }
        let daemon = DaemonWatch(mountPoint: path)
        try unmount(path)
        if daemon.waitForEnd(seconds: 1) { return }
        if lazy {
            print("\(path) is unmounted; its daemon ends when the files that are open are closed")
            return
        }
        // What keeps it is the mount in another namespace, or a commit that the disk is slow with.
        guard daemon.stop() else {
            throw CommandFailure(
                .other,
                "\(path) is unmounted here, but its daemon goes on; only root or its own user can stop it")
        }
        guard daemon.waitForEnd(seconds: 30) else {
            throw CommandFailure(
                .other, "\(path) is unmounted, but its daemon has not ended after 30 s; see its log")
        }
    }

    private func unmount(_ path: String) throws(CommandFailure) {
        if geteuid() == 0 {
            // The daemon's helper is in there for a moment after a change.
            for attempt in 1... {
                if unsafe umount2(path, Int32(UMOUNT_NOFOLLOW) | (lazy ? Int32(MNT_DETACH) : 0)) == 0 {
                    return
                }
                let code = errno
                guard code == EBUSY, attempt < 20 else { throw failure(path, code) }
                usleep(5000)
            }
        }
        let status = ChildProcess.run("fusermount3", ["-u"] + (lazy ? ["-z"] : []) + [path])
        guard status == 0 else {
            throw CommandFailure(
                .other,
                status == 127
                    ? "the program fusermount3 is missing; install the package fuse3"
                    : "\(path) could not be unmounted; close the files that are open there, or use --lazy")
        }
    }

    private func failure(_ path: String, _ code: Int32) -> CommandFailure {
        switch code {
        case EBUSY:
            CommandFailure(
                .conflict,
                "files are open at \(path), or a shell stands in it; end those programs, or use --lazy")
        case EPERM:
            CommandFailure(.accessDenied, "only root or who mounted \(path) can unmount it")
        default:
            CommandFailure(.other, "\(path) could not be unmounted: \(SystemError.words(code))")
        }
    }
}
