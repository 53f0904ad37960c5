internal import ArgumentParser
internal import CofferCore
internal import ControlSocket
internal import Glibc

/// How a command finds the daemon, and how it prints. Every command that talks to the daemon takes these.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The daemon's socket.",
            discussion:
                "Else COFFER_SOCKET; else $XDG_RUNTIME_DIR/coffer/control.sock if it is there; else /run/coffer/control.sock.",
            valueName: "path"))
    var socket: String?

    @Flag(help: "Print JSON, for programs.")
    var json = false

    /// The daemon at the socket that is meant; nothing is opened until it is asked.
    var daemon: DaemonClient { DaemonClient(client: ControlClient(socketPath: SocketPath.chosen(socket))) }

    var output: Output { Output() }

    /// Prints what came of a command: the answer for programs, or words for people.
    func report(_ answer: JSONValue, _ words: String) { print(json ? answer.prettyText : words) }
}

/// Where the daemon's socket lies.
enum SocketPath {
    /// Where root's daemon has it.
    static let system = "/run/coffer/control.sock"

    /// Where an ordinary user's daemon has it; nil without XDG_RUNTIME_DIR.
    static var user: String? { Environment.value("XDG_RUNTIME_DIR").map { $0 + "/coffer/control.sock" } }

    /// The socket that a command means.
    ///
    /// - Parameter option: what `--socket` says.
    static func chosen(_ option: String?) -> String {
        if let path = option ?? Environment.value("COFFER_SOCKET") { return path }
        if let user, unsafe access(user, F_OK) == 0 { return user }
        return system
    }
}

/// The process's environment.
enum Environment {
    /// A variable's value; nil where it is unset or empty. System call: `getenv`
    static func value(_ name: String) -> String? {
        guard let text = unsafe getenv(name) else { return nil }
        let value = unsafe String(cString: text)
        return value.isEmpty ? nil : value
    }
}
