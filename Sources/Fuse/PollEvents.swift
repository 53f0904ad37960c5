import Glibc

/// What `poll(2)` asks for, or is told of, as bits of its own.
public struct PollEvents: OptionSet, Hashable, Sendable {
    /// Bits of `poll(2)`.
    public let rawValue: UInt32

    /// Takes `rawValue` as it is.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// `POLLIN`, `POLLOUT`, `POLLRDNORM` and `POLLWRNORM`: what a file on a disk always tells.
    public static let ready = PollEvents(rawValue: UInt32(POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM))
    /// `POLLPRI`: something out of the ordinary has happened to the file.
    public static let priority = PollEvents(rawValue: UInt32(POLLPRI))
}
