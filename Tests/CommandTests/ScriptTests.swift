import Foundation
import Testing

/// The scripts: the command as people and programs use it, against a daemon on a real mount. They take root.
private let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Scripts")
private let scripts = ["life-of-a-secret.sh", "who-may-do-what.sh"]

@Suite struct ScriptTests {
    @Test("Every script in the folder is run")
    func complete() throws {
        let found = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(found.filter { $0.hasSuffix(".sh") && !$0.hasPrefix("_") }.sorted() == scripts)
    }

    @Test("A command script holds", arguments: scripts)
    func script(_ name: String) throws {
        let program = ProcessInfo.processInfo.environment["COFFER"] ?? Self.built.path
        let run = try ScriptRun(folder.appending(path: name).path, environment: ["COFFER": program])
        #expect(run.status == 0, "\(name) said:\n\(run.said)")
    }

    /// The program that was built beside these tests.
    private static var built: URL {
        URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
            .appending(path: "coffer")
    }
}
