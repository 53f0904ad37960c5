internal import ArgumentParser
internal import Fuse
internal import Glibc
internal import SecretMemory

/// What the daemon starts to make events for watchers (`EventProcess`); of no use to anybody else.
struct EventsCommand: ParsableCommand {
    static let name = "make-events"
    static let configuration = CommandConfiguration(
        commandName: name, abstract: "Make the system calls that watchers of files are told of.",
        shouldDisplay: false)

    @Argument var mountPoint: String
    @Argument var device: String

    /// Makes events until the daemon's end of the socket, which is standard input, is closed.
    func run() throws {
        // Who could trace this process could see every name.
        try ProcessHardening.harden()
        signal(SIGPIPE, SIG_IGN)
        let mount = WatchedMount(path: mountPoint, device: device)
        var packet = [UInt8](repeating: 0, count: EventProcess.packetLimit)
        tellDone()
        while true {
            let count = unsafe recv(STDIN_FILENO, &packet, packet.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            mount.make(Self.events(in: packet[..<count]))
            tellDone()
        }
    }

    private func tellDone() {
        var byte: UInt8 = 1
        _ = unsafe send(STDIN_FILENO, &byte, 1, 0)
    }

    private static func events(in packet: ArraySlice<UInt8>) -> [(WatchedMount.Event, String)] {
        packet.split(separator: 0).compactMap { words in
            guard let first = words.first, let event = WatchedMount.Event(rawValue: first) else { return nil }
            return (event, String(decoding: words.dropFirst(), as: UTF8.self))
        }
    }
}
