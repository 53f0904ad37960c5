internal import ArgumentParser
internal import CofferFS
internal import Glibc
internal import Logging
internal import SecretMemory
internal import SecretsManager
internal import Supervision

/// `coffer mount`: unlocks a store and serves it as a tree of files.
struct MountCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mount",
        abstract: "Unlock a store and mount it.",
        discussion: """
            Starts the daemon in the background and comes back when the tree is there; --foreground stays, for a \
            service manager (sd_notify is spoken). Root's mount is open to every user, and the policy decides; another \
            user's is their own unless --allow-other.

            The mount point is an empty directory. It is closed below the mount (mode 000, by root also immutable) and \
            stays so, so that no program reads or writes a stray file there while nothing is mounted; `coffer umount \
            --open-mount-point` opens it again.

            EXAMPLES:
              coffer mount /var/lib/coffer /secrets --key-file /etc/coffer.key
              coffer mount ~/store ~/secrets --foreground
            """)

    @Argument(help: "The store that `coffer init` made.")
    var store: String

    @Argument(help: "An empty directory.")
    var mountPoint: String

    @OptionGroup var unlock: UnlockOptions

    @Option(help: ArgumentHelp("The control socket's path.", valueName: "path"))
    var socket: String?

    @Option(help: ArgumentHelp("The audit trail's directory (default: STORE.audit).", valueName: "directory"))
    var auditLog: String?

    @Flag(help: "Leave the mode and the attributes of the mount point as they are.")
    var keepMountPoint = false

    @Flag(inversion: .prefixedNo, help: "Let other users in (default: as root, yes).")
    var allowOther: Bool?

    @Flag(help: "Stay in the foreground.")
    var foreground = false

    @Option(
        help: ArgumentHelp("Write READY=1 to this descriptor when the tree is there.", valueName: "number"))
    var readyFd: Int32?

    @Option(
        help: ArgumentHelp(
            "Where messages go in the background (default: coffer.log beside the trail).", valueName: "file"))
    var logFile: String?

    @Option(help: ArgumentHelp("The most bytes a value may have, up to 16777216.", valueName: "bytes"))
    var valueLimit = 65_536

    @Option(help: ArgumentHelp("How many threads answer the kernel.", valueName: "number"))
    var threads = 1

    @Option(
        help: ArgumentHelp(
            "After how many seconds a call that waits for the disk fails (EIO).", valueName: "seconds"))
    var deadline = 10

    @Flag(
        help:
            "Serve in one process, so that the mount ends with it. Otherwise a supervisor lets another process take over."
    )
    var noSupervisor = false

    @Flag(
        help:
            "Keep no key in the supervisor: after a crash a store with a passphrase must be mounted anew.")
    var noResume = false

    @Flag(
        help:
            "Under systemd: leave the mount to its descriptor store at SIGTERM, for the supervisor that is started next."
    )
    var descriptorStore = false

    @Flag(help: .hidden)
    var supervised = false

    /// For tests: acts as on a kernel before 6.9.
    @Flag(help: .hidden)
    var withoutResend = false

    @Flag(help: "Go on where memory can't be locked; secrets may then reach the swap device.")
    var allowUnlockedMemory = false

    @Flag(help: "Serve what is whole of a damaged store, read-only.")
    var despiteDamage = false

    @Flag(
        help:
            "Go on from a store that was put back from an older copy than its audit trail; this is recorded.")
    var acceptOlderStore = false

    func validate() throws {
        guard (1...Configuration.highestValueLimit).contains(valueLimit) else {
            throw ValidationError("--value-limit is 1 to \(Configuration.highestValueLimit)")
        }
        guard (1...3600).contains(deadline) else { throw ValidationError("--deadline is 1 to 3600") }
        guard !(descriptorStore && (noSupervisor || !foreground)) else {
            throw ValidationError("--descriptor-store goes with --foreground, and with a supervisor")
        }
        guard (1...64).contains(threads) else { throw ValidationError("--threads is 1 to 64") }
    }

    func run() throws {
        do {
            if supervised || foreground && noSupervisor {
                try serve()
            } else if foreground {
                try launcher.become(ready: readyFd, passphrase: try passphrase())
            } else {
                try launch()
            }
        } catch let error as DaemonError {
            throw CommandFailure(.storeTrouble, error.message)
        }
    }

    private var auditDirectory: String {
        StoreLocation.absolute(
            auditLog ?? StoreLocation.auditDirectory(ofStore: StoreLocation.absolute(store)))
    }

    private func passphrase() throws -> SecretBytes? {
        guard unlock.keyFile == nil else { return nil }
        return try unlock.passphrase(confirming: false)
    }

    /// Serves in this process.
    private func serve() throws {
        try DaemonLauncher.beDiscreet()
        // Only now: the program begins anew above, and a passphrase is read once.
        let settings = Daemon.Settings(
            store: StoreLocation.absolute(store), mountPoint: StoreLocation.absolute(mountPoint),
            socket: StoreLocation.absolute(socket ?? StoreLocation.daemonSocket),
            auditDirectory: auditDirectory, keepsMountPoint: keepMountPoint,
            allowOther: allowOther ?? (geteuid() == 0), allowUnlockedMemory: allowUnlockedMemory,
            servesDespiteDamage: despiteDamage, acceptsOlderStore: acceptOlderStore,
            valueLimit: valueLimit, threads: threads, deadlineSeconds: deadline,
            keyFile: unlock.keyFile.map(StoreLocation.absolute), resumes: !noResume,
            asksToResend: !withoutResend, readiness: Readiness(descriptor: readyFd),
            logFile: logFile.map(StoreLocation.absolute))
        LoggingSystem.bootstrap { _ in LogWriterHandler() }
        let daemon = Daemon(settings: settings, logger: Logger(label: "coffer"))
        if supervised {
            try daemon.runSupervised()
        } else {
            try daemon.run(protector: try unlock.protector(confirming: false))
        }
    }

    private func launch() throws {
        // What is wrong was said by the daemon, on the standard error that it shares until it is ready.
        if let status = try launcher.launch(passphrase: try passphrase()) {
            throw ExitCode(status == 0 ? 1 : status)
        }
        if let readyFd { Readiness(descriptor: readyFd).announce() }
        print("mounted \(store) at \(mountPoint)")
    }

    /// Starts the supervisor, or where none is wanted the process that serves.
    private var launcher: DaemonLauncher {
        DaemonLauncher { descriptors in
            if noSupervisor {
                var arguments = ["coffer"] + arguments + ["--foreground"]
                if let ready = descriptors.ready { arguments += ["--ready-fd", String(ready)] }
                if let passphrase = descriptors.passphrase {
                    arguments += ["--passphrase-fd", String(passphrase)]
                }
                return DaemonLauncher.Command(program: ChildProcess.ownProgram, arguments: arguments)
            }
            let own = TextFile.target(of: ChildProcess.ownProgram) ?? ChildProcess.ownProgram
            let settings = SupervisorSettings(
                mountPoint: StoreLocation.absolute(mountPoint), fileSystemName: StoreLocation.absolute(store),
                allowsOther: allowOther ?? (geteuid() == 0), allowsUnlockedMemory: allowUnlockedMemory,
                keepsMountPoint: keepMountPoint, asksToResend: !withoutResend,
                hasKeyFile: unlock.keyFile != nil, usesDescriptorStore: descriptorStore,
                maxWrite: CofferFileSystem.maximumTransfer, deadlineSeconds: deadline, program: own,
                programDescriptor: descriptors.program, readyDescriptor: descriptors.ready,
                passphraseDescriptor: descriptors.passphrase, logFile: effectiveLogFile,
                reportFile: auditDirectory + "/ends.log")
            let supervisor =
                own.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/" + SupervisorProgram.name
            let arguments = [settings.text] + arguments + ["--supervised"]
            return unsafe access(supervisor, X_OK) == 0
                ? DaemonLauncher.Command(program: supervisor, arguments: [SupervisorProgram.name] + arguments)
                : DaemonLauncher.Command(
                    program: ChildProcess.ownProgram, arguments: ["coffer", "supervise"] + arguments)
        }
    }

    private var effectiveLogFile: String? {
        logFile.map(StoreLocation.absolute) ?? (foreground ? nil : auditDirectory + "/coffer.log")
    }

    /// The arguments of the processes that are started for this one, with absolute paths.
    private var arguments: [String] {
        var arguments = ["mount", StoreLocation.absolute(store), StoreLocation.absolute(mountPoint)]
        if let file = unlock.keyFile { arguments += ["--key-file", StoreLocation.absolute(file)] }
        arguments += ["--socket", StoreLocation.absolute(socket ?? StoreLocation.daemonSocket)]
        arguments += ["--audit-log", auditDirectory]
        if let file = effectiveLogFile { arguments += ["--log-file", file] }
        arguments += ["--value-limit", String(valueLimit), "--threads", String(threads)]
        arguments += ["--deadline", String(deadline)]
        if keepMountPoint { arguments.append("--keep-mount-point") }
        if let allowOther { arguments.append(allowOther ? "--allow-other" : "--no-allow-other") }
        if allowUnlockedMemory { arguments.append("--allow-unlocked-memory") }
        if despiteDamage { arguments.append("--despite-damage") }
        if acceptOlderStore { arguments.append("--accept-older-store") }
        if noSupervisor { arguments.append("--no-supervisor") }
        if noResume { arguments.append("--no-resume") }
        if withoutResend { arguments.append("--without-resend") }
        return arguments
    }
}
