internal import Glibc
internal import Supervision

/// The programs that keep a mount busy: an open file, a mapped one, or where they stand. Source: proc(5)
///
/// Nothing on the mount itself is touched, so a mount that doesn't answer keeps nobody waiting.
enum MountUsers {
    /// One program: the first thing that was found of it.
    struct User {
        var process: Int32
        var name: String
        var path: String
    }

    /// Those that this user may look at.
    static func find(below mountPoint: String) -> [User] {
        (directoryNames("/proc") ?? []).compactMap { Int32($0) }.sorted().compactMap { process in
            guard let path = paths(of: process).first(where: { isBelow($0, mountPoint) }) else { return nil }
            let name = TextFile.lines("/proc/\(process)/comm").first ?? "?"
            return User(process: process, name: name, path: path)
        }
    }

    private static func isBelow(_ path: String, _ mountPoint: String) -> Bool {
        path == mountPoint || path.hasPrefix(mountPoint + "/")
    }

    private static func paths(of process: Int32) -> [String] {
        let directory = "/proc/\(process)"
        var links = ["cwd", "root"].map { directory + "/" + $0 }
        for folder in ["fd", "map_files"] {
            links += (directoryNames("\(directory)/\(folder)") ?? []).map { "\(directory)/\(folder)/\($0)" }
        }
        return links.compactMap(target)
    }

    private static func target(_ link: String) -> String? {
        var bytes = [CChar](repeating: 0, count: 4096)
        let count = unsafe readlink(link, &bytes, bytes.count)
        guard count > 0 else { return nil }
        return String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
