import Foundation
import Testing

/// A process that does what the tests must not do themselves: use the mount that this process serves.
struct Child {
    struct Result: Equatable {
        var output: String
        var status: Int32
    }

    private let process = Process()
    private let outputPipe = Pipe()
    private let inputPipe = Pipe()

    /// Starts `program` with `arguments`; its standard output and error are read together.
    init(_ program: String, _ arguments: [String], in directory: String) throws {
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: "/")
        process.environment = [
            "LC_ALL": "C", "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
            "MOUNT": directory,
        ]
        process.standardOutput = outputPipe
        process.standardError = outputPipe
        process.standardInput = inputPipe
        try process.run()
    }

    /// Reads what the child says up to and including `text`; false if it ends, or a time passes that only a fault exceeds.
    func waitFor(_ text: String) -> Bool {
        var said = ""
        while !said.contains(text) {
            guard let more = readSome(), !more.isEmpty else { return false }
            said += more
        }
        return true
    }

    /// Ends the child's standard input, which it may wait for.
    func closeInput() {
        inputPipe.fileHandleForWriting.closeFile()
    }

    /// Waits for the child; nil if a time passes that only a fault exceeds.
    func finish() -> Result? {
        var output = ""
        while true {
            guard let more = readSome() else {
                process.terminate()
                return nil
            }
            if more.isEmpty { break }
            output += more
        }
        process.waitUntilExit()
        return Result(output: output, status: process.terminationStatus)
    }

    /// Bytes that are there, "" at the end, nil if nothing comes.
    private func readSome() -> String? {
        let descriptor = outputPipe.fileHandleForReading.fileDescriptor
        var question = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&question, 1, 30_000) == 1 else { return nil }
        let data = outputPipe.fileHandleForReading.availableData
        return String(decoding: data, as: UTF8.self)
    }

    /// Runs a script of the shell, with `$MOUNT` set, to its end.
    static func shell(_ script: String, in mounted: Mounted) throws -> Result {
        let child = try Child("/bin/sh", ["-c", script], in: mounted.path)
        child.closeInput()
        return try #require(child.finish(), "the child hangs")
    }

    /// Runs a Python program, with the mount as `mount`, to its end.
    static func python(_ program: String, in mounted: Mounted) throws -> Result {
        let child = try Child(
            "/usr/bin/env", ["python3", "-c", "import os, errno\nmount = os.environ['MOUNT']\n" + program],
            in: mounted.path)
        child.closeInput()
        return try #require(child.finish(), "the child hangs")
    }
}
