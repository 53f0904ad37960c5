import Foundation

/// The pages in docs/.
enum Documentation {
    static func text(_ page: String) throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: "docs").appending(path: page), encoding: .utf8)
    }
}
