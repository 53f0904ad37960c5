internal import Glibc

/// Standard input, output and error of a process in the background.
package enum StandardStreams {
    /// Leaves the starter's terminal: messages go to the file at a path, or nowhere where that can't be had.
    package static func turn(to path: String) {
        let null = unsafe open("/dev/null", O_RDWR | O_CLOEXEC)
        // A pipe that nobody reads is not waited for.
        let log = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, mode_t(0o600))
        dup2(null, STDIN_FILENO)
        dup2(null, STDOUT_FILENO)
        dup2(log >= 0 ? log : null, STDERR_FILENO)
        close(null)
        if log >= 0 { close(log) }
    }
}
