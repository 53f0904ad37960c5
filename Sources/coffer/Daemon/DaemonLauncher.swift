internal import Glibc
internal import SecretMemory
internal import Supervision

/// Starts the daemon: as a process of its own, which is waited for until it serves or says why it can't, or in this one's place.
struct DaemonLauncher {
    /// What is read at the start of a process. Swift's backtraces would show memory. The lazy binding of a library's
    /// functions leaves up to 64 bytes of a secret that is being copied on the stack.
    private static let discretion = ["SWIFT_BACKTRACE=enable=no", "LD_BIND_NOW=1"]

    /// The descriptors at which the daemon finds what it gets.
    struct Descriptors {
        var ready: Int32?
        var passphrase: Int32?
        /// The program that runs now: O_PATH
        var program: Int32
    }

    /// A program and its arguments, its own name first.
    struct Command {
        var program: String
        var arguments: [String]
    }

    /// The command to start, given the descriptors.
    var command: (Descriptors) -> Command

    /// Starts it in a session of its own; the passphrase goes through a pipe. Returns its exit status if it ended before it was
    /// ready, or nil.
    func launch(passphrase: consuming SecretBytes?) throws(DaemonError) -> Int32? {
        let ready = try Self.pipe()
        defer { close(ready.read) }
        let secret = try Self.pipe(with: passphrase)
        let program = Self.openProgram()
        var descriptors = [(number: Int32(3), source: ready.write), (5, program)]
        if let secret { descriptors.append((4, secret)) }
        let command = command(Descriptors(ready: 3, passphrase: secret.map { _ in 4 }, program: 5))
        let started = ChildProcess.start(
            command.program, command.arguments, descriptors: descriptors,
            environment: Self.discreet(Self.environment), isSession: true)
        for descriptor in [ready.write, program, secret].compactMap({ $0 }) { close(descriptor) }
        let child: pid_t
        switch started {
        case .success(let process): child = process
        case .failure(let code): throw .system("the daemon could not be started: \(code.words)")
        }
        var byte: UInt8 = 0
        while true {
            let count = unsafe read(ready.read, &byte, 1)
            if count > 0 { return nil }
            if count == 0 || errno != EINTR { break }
        }
        return ChildProcess.wait(for: child)
    }

    /// Goes on as the daemon, in this process. System call: `execve`
    func become(ready: Int32?, passphrase: consuming SecretBytes?) throws(DaemonError) -> Never {
        let descriptors = Descriptors(
            ready: ready, passphrase: try Self.pipe(with: passphrase), program: Self.openProgram())
        for descriptor in [descriptors.passphrase, descriptors.program].compactMap({ $0 }) {
            _ = fcntl(descriptor, F_SETFD, 0)
        }
        let command = command(descriptors)
        try Self.execute(command.program, command.arguments)
    }

    /// Goes on as the same program with the environment in which nothing of a secret is left behind; returns where that is
    /// so already.
    static func beDiscreet() throws(DaemonError) {
        guard !discretion.allSatisfy(environment.contains) else { return }
        try execute(ChildProcess.ownProgram, CommandLine.arguments)
    }

    private static func execute(_ program: String, _ arguments: [String]) throws(DaemonError) -> Never {
        let settings = discreet(environment)
        _ = unsafe withCStrings(arguments) { arguments in
            unsafe withCStrings(settings) { unsafe execve(program, arguments, $0) }
        }
        throw .system("the program could not be started anew: \(SystemError.words(errno))")
    }

    private static func discreet(_ environment: [String]) -> [String] {
        environment.filter { !$0.hasPrefix("SWIFT_BACKTRACE=") && !$0.hasPrefix("LD_BIND_NOW=") } + discretion
    }

    private static var environment: [String] {
        var list: [String] = []
        var entry = unsafe environ
        while let text = unsafe entry.pointee {
            unsafe list.append(String(cString: text))
            unsafe entry += 1
        }
        return list
    }

    /// The program that runs, to be started again however often its file is replaced. O_PATH, which Glibc's module doesn't show.
    private static func openProgram() -> Int32 {
        let descriptor = unsafe open(ChildProcess.ownProgram, 0o10_000_000 | O_CLOEXEC)
        defer { close(descriptor) }
        return fcntl(descriptor, F_DUPFD_CLOEXEC, 10)
    }

    /// A pipe whose ends stay above the numbers that the child gets them at.
    private static func pipe() throws(DaemonError) -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        guard unsafe Glibc.pipe(&ends) == 0 else { throw .system("no pipe: \(SystemError.words(errno))") }
        let moved = ends.map { end -> Int32 in
            defer { close(end) }
            return fcntl(end, F_DUPFD_CLOEXEC, 10)
        }
        return (moved[0], moved[1])
    }

    /// The end of a pipe that holds a passphrase, which is shorter than what a pipe takes.
    private static func pipe(with passphrase: consuming SecretBytes?) throws(DaemonError) -> Int32? {
        guard let passphrase = passphrase.take() else { return nil }
        let ends = try pipe()
        defer { close(ends.write) }
        do {
            try passphrase.writeAll(to: ends.write)
        } catch {
            throw .memory(error)
        }
        return ends.read
    }
}
