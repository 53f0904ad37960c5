internal import Glibc

/// A program as it stands on the disk now: however often its file is replaced, this one can be started again.
final class Program {
    private let descriptor: Int32

    /// Takes a descriptor of one.
    init(descriptor: Int32) {
        self.descriptor = fcntl(descriptor, F_DUPFD_CLOEXEC, 64)
        close(descriptor)
    }

    /// Opens the one at a path; nil where there is none. Its number is out of the way of those that a child is given.
    init?(path: String) {
        // O_PATH, which Glibc's module doesn't show.
        let found = unsafe open(path, 0o10_000_000 | O_CLOEXEC)
        descriptor = fcntl(found, F_DUPFD_CLOEXEC, 64)
        close(found)
        guard descriptor >= 0 else { return nil }
    }

    /// To start it by.
    var path: String { ChildProcess.descriptorFolder + "\(descriptor)" }

    deinit { close(descriptor) }
}
