internal import ArgumentParser
internal import CofferCore
internal import Fuse
internal import Supervision

struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check what Coffer needs of this machine, and say the fix for what is missing.",
        discussion: """
            It works without a daemon. Exits with 1 where something fails; a warning is none.

            EXAMPLES:
              coffer doctor
              coffer doctor --store /var/lib/coffer --mount-point /secrets
              sudo -u www-data coffer doctor         (as the user who will run it)
            """)

    @Option(help: ArgumentHelp("Check the permissions of this store too.", valueName: "directory"))
    var store: String?

    @Option(help: ArgumentHelp("Say what is at this mount point too.", valueName: "directory"))
    var mountPoint: String?

    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        var findings = [
            MachineCheck.kernel(), MachineCheck.device(), MachineCheck.fusermount(),
            MachineCheck.otherUsers(),
            MachineCheck.memoryLock(), MachineCheck.swap(),
        ]
        if let store { findings += StoreCheck(path: store).findings() }
        if let mountPoint { findings.append(state(ofMountPoint: mountPoint)) }
        findings.append(daemon())
        let output = connection.output
        let lines = findings.map { finding in
            let fix = finding.fix.map { ": \($0)" } ?? ""
            let words = Output.printable(finding.words + fix)
            return "\(output.styled(finding.state.heading, finding.state.style))  \(words)"
        }
        connection.report(.array(findings.map(\.json)), lines.joined(separator: "\n"))
        if findings.contains(where: { $0.state == .fail }) { throw ExitCode(ExitStatus.other.rawValue) }
    }

    private func state(ofMountPoint path: String) -> Finding {
        do throws(MountPointProblem) {
            let path = try checkedMountPoint(path)
            guard BareMountPoint.isClosed(at: path) else { return Finding(.ok, "\(path) can be mounted on") }
            return Finding(
                .warn, "nothing is mounted at \(path), and so it is closed to everybody",
                fix: "`coffer mount STORE \(path)`; or `coffer umount --open-mount-point \(path)`")
        } catch {
            if case .alreadyMount(let path, "fuse.coffer") = error {
                return Finding(.ok, "Coffer is mounted at \(path)")
            }
            return Finding(.fail, error.message)
        }
    }

    private func daemon() -> Finding {
        do {
            _ = try connection.daemon.status()
            return Finding(.ok, "a daemon answers")
        } catch let failure as CommandFailure where failure.status == .accessDenied {
            return Finding(.ok, "a daemon answers (its status is not for you)")
        } catch let failure as CommandFailure {
            return Finding(.warn, "no daemon answers", fix: failure.message)
        } catch {
            return Finding(.warn, "no daemon could be asked", fix: "\(error)")
        }
    }
}

/// What a check found, and what to do about it.
struct Finding {
    enum State: String {
        case ok, warn, fail

        /// The state as it begins a line.
        var heading: String {
            switch self {
            case .ok: "ok  "
            case .warn: "warn"
            case .fail: "FAIL"
            }
        }

        var style: Output.Style {
            switch self {
            case .ok: .green
            case .warn: .yellow
            case .fail: .red
            }
        }
    }

    let state: State
    let words: String
    /// What to do; nil where nothing is.
    let fix: String?

    init(_ state: State, _ words: String, fix: String? = nil) {
        self.state = state
        self.words = words
        self.fix = fix
    }

    var json: JSONValue {
        .members(
            ("State", .string(state.rawValue)), ("Finding", .string(words)),
            ("Fix", fix.map { .string($0) }))
    }
}
