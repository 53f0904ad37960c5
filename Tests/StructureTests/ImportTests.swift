import Foundation
import Testing

/// What each target may import beside the standard library's own modules; the package manager alone doesn't stop a
/// C module from being imported across the fence.
private let allowed: [String: Set<String>] = [
    "CofferCore": [],
    "SecretMemory": ["CSodium"],
    "KeyService": ["CofferCore", "SecretMemory"],
    "SecretStore": ["GRDB", "GRDBSQLite", "Foundation", "Dispatch"],
    "AuditTrail": ["CofferCore", "SecretMemory"],
    "SecretsManager": ["CofferCore", "SecretMemory", "KeyService", "SecretStore", "AuditTrail"],
    "Fuse": ["CFuse"],
    "CofferFS": ["CofferCore", "SecretMemory", "SecretsManager", "Fuse"],
    "ControlSocket": ["CofferCore", "SecretMemory", "CMicroHTTPD"],
    "ControlAPI": [
        "CofferCore", "SecretMemory", "SecretsManager", "ControlSocket", "AuditTrail", "KeyService",
    ],
    "Supervision": ["CofferCore", "SecretMemory", "Fuse", "Logging"],
    "coffer-supervisor": ["Supervision"],
    "coffer": [
        "CofferCore", "SecretMemory", "KeyService", "SecretStore", "AuditTrail", "SecretsManager", "Fuse",
        "CofferFS", "ControlSocket", "ControlAPI", "Supervision", "ArgumentParser", "Logging",
    ],
]

private let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Sources")

@Test("Each target imports only what the module graph lets it")
func imports() throws {
    let targets = try FileManager.default.contentsOfDirectory(atPath: sources.path)
    var seen = 0
    for target in targets where !["CFuse", "CSodium", "CMicroHTTPD"].contains(target) {
        let may = try #require(allowed[target], "the target \(target) has no row in this test")
        let files = try #require(FileManager.default.enumerator(atPath: sources.appending(path: target).path))
        for case let file as String in files where file.hasSuffix(".swift") {
            let text = try String(
                contentsOf: sources.appending(path: target).appending(path: file), encoding: .utf8)
            for line in text.split(separator: "\n") {
                guard
                    let found = line.wholeMatch(
                        of: /(?:@\w+ )?(?:public |internal |private )?import (?:\w+ )?(\w+).*/)
                else { continue }
                seen += 1
                let module = String(found.1)
                #expect(
                    may.contains(module) || ["Glibc", "Synchronization"].contains(module),
                    "\(target)/\(file) imports \(module)")
            }
        }
    }
    #expect(seen > 100, "the test found hardly any import: does it look in the right place?")
}
