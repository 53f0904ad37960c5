internal import Glibc
internal import SecretMemory
internal import Supervision

/// What of this machine a newcomer trips over.
enum MachineCheck {
    /// The oldest kernel that the whole of Coffer was made for: Debian 12's.
    private static let kernelWanted = (major: 6, minor: 1)
    /// What it costs that a kernel is older than these.
    private static let kernelGains = [
        (major: 6, minor: 6, cost: "before 6.6, a shared mapping of a value fails (ENODEV)"),
        (
            major: 6, minor: 9,
            cost:
                "before 6.9, calls fail (EIO) that a process was at when it was killed; the mount goes on, and `coffer upgrade` fails none"
        ),
    ]
    /// Guarded memory that a daemon of some use locks, in bytes.
    private static let lockWantedBytes: UInt64 = 8 << 20

    /// Source: uname(2).
    static func kernel() -> Finding {
        let release = TextFile.lines("/proc/sys/kernel/osrelease").first ?? ""
        let numbers = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
        guard numbers.count == 2 else {
            return Finding(.warn, "the kernel's version can't be told ('\(release)')")
        }
        let words = "the kernel is Linux \(release)"
        guard (numbers[0], numbers[1]) >= (kernelWanted.major, kernelWanted.minor) else {
            return Finding(
                .warn, words,
                fix: "Coffer is tested on \(kernelWanted.major).\(kernelWanted.minor) and later; update it")
        }
        let costs = kernelGains.filter { (numbers[0], numbers[1]) < ($0.major, $0.minor) }.map(\.cost)
        return costs.isEmpty
            ? Finding(.ok, words) : Finding(.warn, words, fix: costs.joined(separator: "; "))
    }

    /// Whether the device can be opened: access(2) alone does not see what a container forbids.
    static func device() -> Finding {
        let descriptor = unsafe open("/dev/fuse", O_RDWR | O_CLOEXEC)
        guard descriptor < 0 else {
            close(descriptor)
            return Finding(.ok, "/dev/fuse can be opened")
        }
        switch errno {
        case ENOENT:
            return Finding(
                .fail, "/dev/fuse is missing",
                fix: "`modprobe fuse` as root; a container needs it passed in (--device /dev/fuse)")
        case EPERM, ENODEV:
            return Finding(
                .fail, "/dev/fuse can't be opened: \(SystemError.words(errno))",
                fix:
                    "load the module (`modprobe fuse`), or let the container use the device (--device /dev/fuse)"
            )
        case let code:
            return Finding(
                .fail, "/dev/fuse can't be opened: \(SystemError.words(code))",
                fix: "`chmod 0666 /dev/fuse` as root")
        }
    }

    /// An ordinary user mounts by fusermount3, which is setuid root.
    static func fusermount() -> Finding {
        let isRoot = geteuid() == 0
        let path = "/usr/bin/fusermount3"
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            return Finding(
                isRoot ? .warn : .fail, "\(path) is missing, and only root mounts without it",
                fix: "`apt-get install fuse3`")
        }
        guard status.st_mode & S_ISUID != 0, status.st_uid == 0 else {
            return Finding(
                isRoot ? .warn : .fail, "\(path) is not setuid root, and only root mounts without that",
                fix: "`chown root \(path) && chmod u+s \(path)` as root")
        }
        return Finding(.ok, "\(path) is there")
    }

    /// Source: mount.fuse3(8), /etc/fuse.conf.
    static func otherUsers() -> Finding {
        let isAllowed = TextFile.lines("/etc/fuse.conf").contains { line in
            line.split(separator: "#", omittingEmptySubsequences: false).first?
                .split(whereSeparator: \.isWhitespace) == ["user_allow_other"]
        }
        if geteuid() == 0 || isAllowed { return Finding(.ok, "other users can be let into a mount") }
        return Finding(
            .warn, "only you can use your mount",
            fix: "to let others in with --allow-other, add the line user_allow_other to /etc/fuse.conf")
    }

    /// Source: getrlimit(2), RLIMIT_MEMLOCK.
    static func memoryLock() -> Finding {
        let (soft, hard) = ProcessHardening.memoryLockLimit()
        if geteuid() == 0 { return Finding(.ok, "root locks as much memory as it likes") }
        // The daemon raises the soft limit by itself.
        if hard >= lockWantedBytes { return Finding(.ok, "enough memory can be locked") }
        return Finding(
            .warn, "only \(max(soft, hard)) bytes of memory can be locked",
            fix:
                "`ulimit -l 65536`, or LimitMEMLOCK=64M in the unit; or `coffer mount --allow-unlocked-memory`"
        )
    }

    /// Swap that keeps what it is given in clear: neither in memory (zram) nor encrypted (dm-crypt).
    static func swap() -> Finding {
        let areas = TextFile.lines("/proc/swaps").dropFirst().compactMap { line in
            line.split(whereSeparator: \.isWhitespace).first.map(String.init)
        }
        let plain = areas.filter { !SwapArea(path: $0).isProtected }
        guard !plain.isEmpty else {
            return Finding(.ok, areas.isEmpty ? "there is no swap" : "swap is encrypted or in memory")
        }
        return Finding(
            .warn,
            "swap on \(plain.joined(separator: ", ")) is not encrypted: Coffer locks its own memory, the programs that read secrets don't",
            fix: "encrypt it (dm-crypt), use zram, or `swapoff \(plain.joined(separator: " "))`")
    }
}

/// One line of /proc/swaps.
struct SwapArea {
    let path: String

    /// Whether it is a zram device, or one of the device mapper's whose UUID says dm-crypt.
    var isProtected: Bool {
        let device = TextFile.target(of: path)?.split(separator: "/").last.map(String.init) ?? ""
        if device.hasPrefix("zram") {
            // A backing device takes what doesn't compress, as it is.
            let backing = TextFile.lines("/sys/block/\(device)/backing_dev").first ?? "none"
            return backing == "none"
        }
        let uuid = TextFile.lines("/sys/block/\(device)/dm/uuid").first ?? ""
        return uuid.hasPrefix("CRYPT-")
    }
}
