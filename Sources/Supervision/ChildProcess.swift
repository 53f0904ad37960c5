package import Glibc

/// Programs that are started, and waited for.
package enum ChildProcess {
    /// The program that runs.
    package static let ownProgram = "/proc/self/exe"
    /// Where a descriptor of a program can be started from.
    package static let descriptorFolder = "/proc/self/fd/"
    /// `POSIX_SPAWN_SETSID`, which glibc shows to GNU sources only.
    private static let newSession: Int16 = 0x80

    /// Runs a program of the PATH and waits for it; 127 if it isn't there.
    package static func run(_ program: String, _ arguments: [String]) -> Int32 {
        var child = pid_t()
        let code = unsafe withCStrings([program] + arguments) { arguments in
            unsafe posix_spawnp(&child, program, nil, nil, arguments, environ)
        }
        guard code == 0 else { return 127 }
        return wait(for: child)
    }

    /// Starts a program, with no signal blocked.
    ///
    /// - Parameters:
    ///   - descriptors: the child's, by their numbers: where each comes from. Of the others it gets none: who held a device or
    ///     socket of ours would keep it from ending.
    ///   - environment: nil for this process's.
    ///   - program: its path; one below `/proc/self/fd` is what a descriptor of this process's stands for.
    ///   - isSession: whether it gets a session of its own: the terminal's hang-up and interrupt are not for it.
    /// - Returns: the process, or errno.
    package static func start(
        _ program: String, _ arguments: [String], descriptors: [(number: Int32, source: Int32)],
        environment: [String]? = nil, isSession: Bool = false
    ) -> Result<pid_t, SystemError.Code> {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        // Out of the way first: a source may have another one's number.
        let moved = descriptors.map { ($0.number, fcntl($0.source, F_DUPFD_CLOEXEC, 64)) }
        defer { for (_, source) in moved { close(source) } }
        for (number, source) in moved { unsafe posix_spawn_file_actions_adddup2(&actions, source, number) }
        var kept = Set(descriptors.map(\.number))
        // It closes itself when the program begins.
        if program.hasPrefix(descriptorFolder), let pinned = Int32(program.dropFirst(descriptorFolder.count))
        {
            kept.insert(pinned)
        }
        for descriptor in openDescriptors where descriptor > STDERR_FILENO && !kept.contains(descriptor) {
            unsafe posix_spawn_file_actions_addclose(&actions, descriptor)
        }
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK) | (isSession ? newSession : 0))
        var child = pid_t()
        let code = unsafe withCStrings(arguments) { arguments -> Int32 in
            guard let environment else {
                return unsafe posix_spawn(&child, program, &actions, &attributes, arguments, environ)
            }
            return unsafe withCStrings(environment) { environment in
                unsafe posix_spawn(&child, program, &actions, &attributes, arguments, environment)
            }
        }
        return code == 0 ? .success(child) : .failure(SystemError.Code(number: code))
    }

    /// Waits for a child's end: its exit status, or 128 and the number of the signal that ended it.
    package static func wait(for child: pid_t) -> Int32 {
        var status: Int32 = 0
        while unsafe waitpid(child, &status, 0) < 0, errno == EINTR {}
        return exitStatus(status)
    }

    /// What `waitpid` tells, as shells do: the exit status, or 128 and the number of the signal.
    package static func exitStatus(_ status: Int32) -> Int32 {
        status & 0x7f == 0 ? status >> 8 & 0xff : 128 + (status & 0x7f)
    }

    /// Whether a status of `exitStatus` is that of a program that has failed by itself: a trap, or a wrong address.
    package static func isCrash(_ status: Int32) -> Bool {
        [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS].contains(status - 128)
    }

    /// The descriptors that this process has open. Source: proc(5), `/proc/self/fd`.
    private static var openDescriptors: [Int32] {
        (directoryNames("/proc/self/fd") ?? []).compactMap { Int32($0) }
    }
}

/// Lends texts as the null-terminated list that exec takes.
package func withCStrings<Result>(
    _ texts: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    var pointers = unsafe texts.map { unsafe strdup($0) } + [nil]
    defer { for index in unsafe pointers.indices { unsafe free(pointers[index]) } }
    return unsafe pointers.withUnsafeMutableBufferPointer { unsafe body($0.baseAddress!) }
}
