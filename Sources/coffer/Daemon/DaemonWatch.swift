internal import Glibc

/// The daemon behind a mount, to see its end: the mount table names the store, and the store's lock the process.
struct DaemonWatch {
    private let process: pid_t?

    /// Finds the daemon of a mount; a store that this user can't read tells nothing.
    init(mountPoint: String) {
        process = MountTable.source(at: mountPoint).flatMap { store in
            guard let file = unsafe fopen(store + "/coffer.lock", "re") else { return nil }
            defer { unsafe fclose(file) }
            var text = [CChar](repeating: 0, count: 32)
            guard unsafe fgets(&text, 32, file) != nil else { return nil }
            return pid_t(
                String(decoding: text.filter { (48...57).contains($0) }.map { UInt8($0) }, as: UTF8.self))
        }
    }

    /// Waits until the daemon has gone; false if it hasn't by then.
    func waitForEnd(seconds: Int) -> Bool {
        guard let process else { return true }
        for _ in 0..<seconds * 100 {
            if kill(process, 0) != 0, errno == ESRCH { return true }
            var pause = timespec(tv_sec: 0, tv_nsec: 10_000_000)
            unsafe nanosleep(&pause, nil)
        }
        return false
    }
}

/// A program that is run for its exit status.
enum ChildProcess {
    /// Runs a program of the PATH and waits for it; 127 if it isn't there.
    static func run(_ program: String, _ arguments: [String]) -> Int32 {
        var child = pid_t()
        let code = unsafe withCStrings([program] + arguments) { arguments in
            unsafe posix_spawnp(&child, program, nil, nil, arguments, environ)
        }
        guard code == 0 else { return 127 }
        return wait(for: child)
    }

    /// Waits for a child's end: its exit status, or 128 and the number of the signal that ended it.
    static func wait(for child: pid_t) -> Int32 {
        var status: Int32 = 0
        while unsafe waitpid(child, &status, 0) < 0, errno == EINTR {}
        return status & 0x7f == 0 ? status >> 8 & 0xff : 128 + (status & 0x7f)
    }
}
