import Foundation
import Testing

/// The scenarios: shell scripts that use the release build as its users do, on a real mount, as several users.
private let folder = URL(filePath: #filePath).deletingLastPathComponent()
private let scenarios: [String] =
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "Scenarios").path)) ?? [])
    .filter { $0.hasSuffix(".sh") && !$0.hasPrefix("_") }.sorted()

@Suite(.serialized)
struct ScenarioTests {
    @Test("There are scenarios to run")
    func thereAreScenarios() { #expect(scenarios.count >= 6) }

    @Test("A scenario on a real mount holds", arguments: scenarios)
    func scenario(_ name: String) throws {
        let root = folder.deletingLastPathComponent().deletingLastPathComponent()
        let process = Process()
        // The threads that tests run on have every signal blocked, and a child takes that along.
        process.executableURL = URL(filePath: "/usr/bin/python3")
        let unblock =
            "import os, signal, sys; signal.pthread_sigmask(signal.SIG_SETMASK, []); os.execvp(sys.argv[1], sys.argv[1:])"
        // The limit is for what hangs; a scenario takes seconds.
        process.arguments = [
            "-c", unblock, "timeout", "--kill-after=10", "300", "bash",
            folder.appending(path: "Scenarios/" + name).path,
        ]
        var environment = ProcessInfo.processInfo.environment
        environment["COFFER"] = environment["COFFER"] ?? root.appending(path: ".build/release/coffer").path
        process.environment = environment
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let said = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(name) said:\n\(String(decoding: said, as: UTF8.self))")
    }
}
