import Foundation
import Glibc

/// A script run to its end, with no signal blocked.
///
/// Foundation's Process hands down what blocks the thread that it is called on: SIGTERM too, which then ends no child.
/// And it waits for a socket that a daemon in the background would hold.
struct ScriptRun {
    let status: Int32
    let said: String

    /// - Parameter environment: besides the tests' own.
    init(_ path: String, environment: [String: String]) throws {
        let output = try TemporaryFile()
        let arguments = ["timeout", "--kill-after=10", "300", "bash", path]
        let settings = ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { "\($0)=\($1)" }
        var child = pid_t()
        let code = Self.spawn(&child, arguments, settings, output: output.descriptor)
        guard code == 0 else { throw POSIXError(POSIXErrorCode(rawValue: code) ?? .EIO) }
        var raw: Int32 = 0
        while unsafe waitpid(child, &raw, 0) < 0, errno == EINTR {}
        // The script's status where it ended by itself; a signal's number is as good as any other failure.
        status = raw & 0x7f == 0 ? raw >> 8 & 0xff : raw & 0x7f
        said = try output.text()
    }

    private static func spawn(
        _ child: inout pid_t, _ arguments: [String], _ environment: [String], output: Int32
    ) -> Int32 {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 2)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        unsafe sigemptyset(&none)
        var all = sigset_t()
        unsafe sigfillset(&all)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setsigdefault(&attributes, &all)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var argumentPointers = unsafe arguments.map { unsafe strdup($0) } + [nil]
        var environmentPointers = unsafe environment.map { unsafe strdup($0) } + [nil]
        defer {
            for index in unsafe argumentPointers.indices { unsafe free(argumentPointers[index]) }
            for index in unsafe environmentPointers.indices { unsafe free(environmentPointers[index]) }
        }
        return unsafe posix_spawn(
            &child, "/usr/bin/timeout", &actions, &attributes, &argumentPointers, &environmentPointers)
    }
}

/// A file without a name, for what a script says.
struct TemporaryFile: ~Copyable {
    let descriptor: Int32

    init() throws {
        let path = NSTemporaryDirectory() + "coffer-said-" + UUID().uuidString
        descriptor = unsafe open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        unsafe unlink(path)
    }

    deinit { close(descriptor) }

    borrowing func text() throws -> String {
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
        try file.seek(toOffset: 0)
        return String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
    }
}
