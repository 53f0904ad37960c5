import Foundation
import Testing

/// A program that is not ours, and what it printed.
struct Command {
    let status: Int32
    let output: String
    let pid: Int32

    /// Runs `arguments` to their end.
    init(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: arguments[0])
        process.arguments = Array(arguments.dropFirst())
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let bytes = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        status = process.terminationStatus
        output = String(decoding: bytes, as: UTF8.self)
        pid = process.processIdentifier
    }

    /// The words that run a program as another user, with these groups.
    static func asUser(_ uid: Int, groups: String) -> [String] {
        ["/usr/bin/setpriv", "--reuid", "\(uid)", "--regid", "\(uid)", "--groups", groups]
    }

    /// The words that let curl post to the socket.
    static func curl(_ path: String, target: String = "test.Echo") -> [String] {
        [
            "/usr/bin/curl", "--silent", "--unix-socket", path, "-H", "X-Amz-Target: \(target)",
            "http://localhost/",
        ]
    }
}
