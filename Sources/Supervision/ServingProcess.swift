internal import Fuse
internal import Glibc

/// A process that serves, will, or might.
struct ServingProcess {
    let process: pid_t
    private(set) var socket: HandoverSocket
    /// What it leaves when it crashes.
    let crashMemory: Int32
    /// Whether it has said that it can open the store's format.
    var isFit = false
    /// Whether it has said anything since it got its turn.
    var hasHeard = false
    /// Whether it has the device, and may read requests.
    var hasDevice = false
    var isServing = false
    /// Its version, once it serves.
    var version: String?
    /// When it was started, or took over.
    var since = ContinuousClock.now
    /// When it was last heard of.
    var lastSign = ContinuousClock.now
    /// When it was killed, or its end of the socket was closed.
    var lastBreath: ContinuousClock.Instant?
    /// Why it was killed, and what its threads were at.
    var complaint: String?
    var threads: [ThreadReport] = []

    init(process: pid_t, socket: HandoverSocket, crashMemory: Int32) {
        self.process = process
        self.socket = socket
        self.crashMemory = crashMemory
    }

    /// Whether its end of the socket is closed: then all its threads have ended, though it may not be reaped for long, as
    /// where a debugger holds it.
    var hasHungUp: Bool { socket.descriptor < 0 }

    /// Gives the socket up: nothing is to be heard any more.
    mutating func hangUp() {
        if !hasHungUp { socket.close() }
        socket = HandoverSocket(descriptor: -1)
    }

    /// Kills it.
    mutating func kill() {
        Glibc.kill(process, SIGKILL)
        if lastBreath == nil { lastBreath = .now }
    }

    /// Gives up what is held of it; it has ended, or is left to itself.
    mutating func forget() {
        hangUp()
        close(crashMemory)
    }

    /// Kills it; it is reaped when SIGCHLD tells.
    mutating func dismiss() {
        kill()
        forget()
    }
}
