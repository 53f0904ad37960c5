internal import Glibc
internal import SecretMemory

/// Starts the daemon as a process of its own, and waits until it serves or says why it can't.
struct DaemonLauncher {
    /// What is read at the start of a process. Swift's backtraces would show memory. The lazy binding of a library's
    /// functions leaves up to 64 bytes of a secret that is being copied on the stack.
    private static let discretion = ["SWIFT_BACKTRACE=enable=no", "LD_BIND_NOW=1"]

    /// The daemon's arguments, without the program's name.
    var arguments: [String]

    /// Starts it; the passphrase goes through a pipe. Returns its exit status if it ended before it was ready, or nil.
    func launch(passphrase: consuming SecretBytes?) throws(DaemonError) -> Int32? {
        let ready = try Self.pipe()
        var arguments = self.arguments + ["--foreground", "--ready-fd", "3"]
        var secret: (read: Int32, write: Int32)?
        if passphrase != nil {
            secret = try Self.pipe()
            arguments += ["--passphrase-fd", "4"]
        }
        let child = try spawn(arguments, ready: ready.write, passphrase: secret?.read)
        close(ready.write)
        if let secret {
            close(secret.read)
            if let passphrase = passphrase.take() { try? passphrase.writeAll(to: secret.write) }
            close(secret.write)
        }
        defer { close(ready.read) }
        var byte: UInt8 = 0
        while true {
            let count = unsafe read(ready.read, &byte, 1)
            if count > 0 { return nil }
            if count == 0 || errno != EINTR { break }
        }
        return ChildProcess.wait(for: child)
    }

    private func spawn(_ arguments: [String], ready: Int32, passphrase: Int32?) throws(DaemonError) -> pid_t {
        var descriptors = [(number: Int32(3), source: ready)]
        if let passphrase { descriptors.append((4, passphrase)) }
        let started = ChildProcess.start(
            ChildProcess.ownProgram, ["coffer"] + arguments, descriptors: descriptors,
            environment: Self.discreet(Self.environment), isSession: true)
        switch started {
        case .success(let child): return child
        case .failure(let code): throw .system("the daemon could not be started: \(code.words)")
        }
    }

    /// Goes on as the same program with the environment in which nothing of a secret is left behind; returns where that is
    /// so already. System call: `execve`
    static func beDiscreet() throws(DaemonError) {
        let environment = environment
        guard !discretion.allSatisfy(environment.contains) else { return }
        let settings = discreet(environment)
        _ = unsafe withCStrings(CommandLine.arguments) { arguments in
            unsafe withCStrings(settings) { unsafe execve("/proc/self/exe", arguments, $0) }
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
}

/// Lends texts as the null-terminated list that exec takes.
func withCStrings<Result>(
    _ texts: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    var pointers = unsafe texts.map { unsafe strdup($0) } + [nil]
    defer { for index in unsafe pointers.indices { unsafe free(pointers[index]) } }
    return unsafe pointers.withUnsafeMutableBufferPointer { unsafe body($0.baseAddress!) }
}
