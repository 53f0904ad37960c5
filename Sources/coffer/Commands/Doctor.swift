internal import ArgumentParser
internal import Glibc
internal import SecretMemory

struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check what Coffer needs of this machine, and say the fix for what is missing.",
        discussion: """
            EXAMPLES:
              coffer doctor
              coffer doctor --store /var/lib/coffer
            """)

    @Option(help: ArgumentHelp("Check the permissions of this store too.", valueName: "directory"))
    var store: String?

    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        var findings = [device(), fusermount(), otherUsers(), memoryLock(), swap()]
        if let store { findings.append(permissions(of: store)) }
        findings.append(daemon())
        let output = connection.output
        for finding in findings {
            let style: Output.Style =
                finding.state == .ok ? .green : finding.state == .warning ? .yellow : .red
            print("\(output.styled(finding.state.rawValue, style))  \(finding.words)")
        }
        if findings.contains(where: { $0.state == .failure }) { throw ExitCode(ExitStatus.other.rawValue) }
    }

    private struct Finding {
        enum State: String {
            case ok = "ok  "
            case warning = "warn"
            case failure = "FAIL"
        }

        var state: State
        var words: String
    }

    private func device() -> Finding {
        if unsafe access("/dev/fuse", R_OK | W_OK) == 0 {
            return Finding(state: .ok, words: "/dev/fuse can be opened")
        }
        return Finding(
            state: .failure,
            words: errno == ENOENT
                ? "/dev/fuse is missing: modprobe fuse; in a container pass it in (--device /dev/fuse)"
                : "/dev/fuse can't be opened: chmod 0666 /dev/fuse")
    }

    private func fusermount() -> Finding {
        var status = stat()
        guard unsafe stat("/usr/bin/fusermount3", &status) == 0 else {
            return Finding(
                state: geteuid() == 0 ? .warning : .failure,
                words: "fusermount3 is missing, and only root can mount without it: apt-get install fuse3")
        }
        guard status.st_mode & S_ISUID != 0 else {
            return Finding(
                state: .warning, words: "fusermount3 is not setuid root: chmod u+s /usr/bin/fusermount3")
        }
        return Finding(state: .ok, words: "fusermount3 is there")
    }

    private func otherUsers() -> Finding {
        let lines = Self.lines(of: "/etc/fuse.conf")
        if geteuid() == 0 || lines.contains(where: { $0 == "user_allow_other" }) {
            return Finding(state: .ok, words: "other users can be let into the mount")
        }
        return Finding(
            state: .warning,
            words: "--allow-other is for root alone: add the line user_allow_other to /etc/fuse.conf")
    }

    private func memoryLock() -> Finding {
        let limit = ProcessHardening.memoryLockLimit().soft
        if geteuid() == 0 || limit >= 8 << 20 { return Finding(state: .ok, words: "memory can be locked") }
        return Finding(
            state: .warning,
            words:
                "only \(limit) bytes can be locked: raise it with `ulimit -l 65536` or LimitMEMLOCK=64M in the unit"
        )
    }

    private func swap() -> Finding {
        let devices = Self.lines(of: "/proc/swaps").dropFirst().compactMap { $0.split(separator: " ").first }
        let plain = devices.filter {
            !$0.hasPrefix("/dev/zram") && !$0.hasPrefix("/dev/dm-") && !$0.hasPrefix("/dev/mapper/")
        }
        guard !plain.isEmpty else { return Finding(state: .ok, words: "no unencrypted swap") }
        return Finding(
            state: .warning,
            words:
                "swap on \(plain.joined(separator: ", ")) may be unencrypted; Coffer locks its memory, the programs that read don't: encrypt it, or swapoff"
        )
    }

    private func permissions(of store: String) -> Finding {
        var status = stat()
        guard unsafe stat(store, &status) == 0 else {
            return Finding(state: .failure, words: "\(store) can't be examined: \(SystemError.words(errno))")
        }
        guard status.st_mode & 0o077 == 0 else {
            return Finding(state: .failure, words: "\(store) is open to other users: chmod 0700 \(store)")
        }
        return Finding(state: .ok, words: "\(store) is closed to other users")
    }

    private func daemon() -> Finding {
        do {
            try connection.daemon.call("coffer.GetStatus")
            return Finding(state: .ok, words: "a daemon answers")
        } catch let failure as CommandFailure where failure.status == .unreachable {
            return Finding(state: .warning, words: failure.message)
        } catch {
            return Finding(state: .ok, words: "a daemon answers, but you may not ask for its status")
        }
    }

    private static func lines(of path: String) -> [String] {
        guard let file = unsafe fopen(path, "re") else { return [] }
        defer { unsafe fclose(file) }
        var text = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe fread(&text, 1, text.count, file)
        return String(decoding: text[..<count], as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
