internal import ArgumentParser
internal import Fuse
internal import Glibc
internal import Supervision

/// `coffer umount`: takes a mount away and waits until its daemon has finished.
struct UmountCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "umount",
        abstract: "Unmount a store.",
        discussion: """
            Waits until the daemon has written what is under way and closed the store. Where it goes on, since another \
            mount namespace (a container) holds the mount too, it is told to stop. A mount that a daemon which is gone \
            has left behind is cleared.

            The bare directory stays closed (mode 000, by root's mount also immutable), so that no program reads or writes \
            a stray file there. --open-mount-point makes it an ordinary one, as mkdir does; it works where nothing is \
            mounted, too.

            EXAMPLES:
              coffer umount /secrets
              coffer umount --force /secrets    end it in any case; who has files open gets errors
              coffer umount --lazy /secrets     although files are open: they stay readable until they are closed
              coffer umount --open-mount-point /secrets && rmdir /secrets
            """)

    @Argument(help: "The mount point.")
    var mountPoint: String

    @Flag(help: "Take it from its place even while files are open.")
    var lazy = false

    @Flag(help: "As --lazy, and end the daemon too: files that are open are cut off.")
    var force = false

    @Flag(help: "Make the bare directory an ordinary one again.")
    var openMountPoint = false

    @Option(help: ArgumentHelp("How long to wait for files to be closed.", valueName: "seconds"))
    var wait = 5

    /// How long the daemon may take to end once it is told to, in seconds; files that are open have ten of them.
    private static let patience: Int32 = 15

    func validate() throws {
        guard (0...3600).contains(wait) else { throw ValidationError("--wait is 0 to 3600") }
        guard !(lazy && force) else { throw ValidationError("give --lazy or --force, not both") }
    }

    func run() throws {
        let path = StoreLocation.absolute(mountPoint)
        if let type = MountTable.type(at: path) {
            guard type == MountTable.ownType else {
                throw CommandFailure(
                    .invalidInput, "what is mounted at \(path) is \(type), not Coffer; use umount(8)")
            }
            try end(path)
        } else if !openMountPoint {
            let hint =
                BareMountPoint.isClosed(at: path)
                ? "; its directory is closed: mount a store there, or open it with --open-mount-point"
                : ""
            throw CommandFailure(.notFound, "nothing is mounted at \(path)" + hint)
        }
        if openMountPoint {
            try makeOrdinary(path)
        } else if MountTable.type(at: path) == nil, BareMountPoint.isClosed(at: path) {
            print(
                "\(path) is unmounted; the directory stays closed until the next mount, or --open-mount-point"
            )
        }
    }

    /// Unmounts, and waits for the daemon's end.
    private func end(_ path: String) throws {
        let holder = MountHolder(mountPoint: path)
        try unmount(path)
        guard let holder, !holder.waitForEnd(milliseconds: 1000) else { return }
        if lazy {
            print("\(path) is unmounted; its daemon ends when the files that are open are closed")
            return
        }
        if force {
            // At the second signal what is open is cut off.
            _ = holder.stop()
            if holder.waitForEnd(milliseconds: 1000) { return }
        }
        // What keeps it is the mount in another namespace, or a commit that the disk is slow with.
        guard holder.stop() else {
            throw CommandFailure(
                .other,
                "\(path) is unmounted here, but its daemon goes on; only root or its own user can stop it")
        }
        guard holder.waitForEnd(milliseconds: Self.patience * 1000) else {
            throw CommandFailure(
                .other,
                "\(path) is unmounted, but its daemon (process \(holder.process)) has not ended after \(Self.patience) s, as where the disk below the store stands still; see its log"
            )
        }
    }

    /// Makes a bare directory that is closed what mkdir(1) would have made.
    private func makeOrdinary(_ path: String) throws(CommandFailure) {
        guard MountTable.type(at: path) == nil else {
            throw CommandFailure(
                .conflict,
                "another mount lies below at \(path); unmount that too, and the directory can be opened")
        }
        let mask = umask(0)
        umask(mask)
        do throws(Errno) {
            let bare = try BareMountPoint(path)
            if bare.isClosed { try bare.makeOrdinary(mode: 0o777 & ~mask) }
        } catch .notPermitted, .permissionDenied {
            throw CommandFailure(
                .accessDenied, "\(path) was closed by root or another user; only root, or they, can open it")
        } catch {
            throw CommandFailure(.other, "\(path) can't be opened: \(SystemError.words(error.rawValue))")
        }
    }

    /// Unmounts; where files are open, again and again for a while.
    private func unmount(_ path: String) throws(CommandFailure) {
        for attempt in 0... {
            guard let failure = tryToUnmount(path) else { return }
            // The daemon's helper is in there for a moment after a change, so it isn't given up at once.
            guard failure.status == .conflict, attempt < max(wait * 10, 1) else { throw failure }
            usleep(100_000)
        }
    }

    private func tryToUnmount(_ path: String) -> CommandFailure? {
        let isDetaching = lazy || force
        if geteuid() == 0 {
            let flags = Int32(UMOUNT_NOFOLLOW) | (isDetaching ? Int32(MNT_DETACH) : 0)
            return unsafe umount2(path, flags) == 0 ? nil : failure(path, errno)
        }
        let status = ChildProcess.run("fusermount3", ["-u", "-q"] + (isDetaching ? ["-z"] : []) + [path])
        switch status {
        case 0: return nil
        case 127:
            return CommandFailure(.other, "the program fusermount3 is missing; install the package fuse3")
        default: return failure(path, EBUSY)
        }
    }

    private func failure(_ path: String, _ code: Int32) -> CommandFailure {
        switch code {
        case EBUSY:
            CommandFailure(
                .conflict,
                "files are open at \(path), or a shell stands in it\(users(of: path)); end those programs, or use --lazy or --force"
            )
        case EPERM:
            CommandFailure(.accessDenied, "only root or who mounted \(path) can unmount it")
        default:
            CommandFailure(.other, "\(path) could not be unmounted: \(SystemError.words(code))")
        }
    }

    /// The programs that were found, in words.
    private func users(of path: String) -> String {
        let users = MountUsers.find(below: path)
        guard !users.isEmpty else { return "" }
        let words = users.prefix(10).map { "\($0.name) (\($0.process)) has \($0.path)" }
        return ": " + words.joined(separator: ", ")
            + (users.count > 10 ? " and \(users.count - 10) more" : "")
    }
}
