internal import Glibc

/// The mount table as this process sees it. Source: proc(5), `/proc/self/mountinfo`.
package enum MountTable {
    /// The type of our mounts.
    package static let ownType = "fuse.coffer"

    /// The type of the file system that is mounted right at a path; nil where none is.
    package static func type(at path: String) -> String? { entry(at: path)?.type }

    /// The source of the file system that is mounted right at a path: for Coffer the store's directory.
    package static func source(at path: String) -> String? { entry(at: path)?.source }

    /// The device number, `major:minor`, of the file system that is mounted right at a path.
    package static func device(at path: String) -> String? { entry(at: path)?.device }

    /// The user who mounted the FUSE file system right at a path.
    package static func owner(at path: String) -> UInt32? {
        entry(at: path)?.options.split(separator: ",").first { $0.hasPrefix("user_id=") }
            .flatMap { UInt32($0.dropFirst(8)) }
    }

    private struct Entry {
        var type: String
        var source: String
        var device: String
        var options: String
    }

    private static func entry(at path: String) -> Entry? {
        guard let file = unsafe fopen("/proc/self/mountinfo", "re") else { return nil }
        defer { unsafe fclose(file) }
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { unsafe free(line) }
        var found: Entry?
        while unsafe getline(&line, &capacity, file) > 0 {
            guard let line = unsafe line else { break }
            let fields = unsafe String(cString: line).split(separator: " ")
            guard fields.count > 6, unescaped(fields[4]) == path, let dash = fields.firstIndex(of: "-"),
                dash + 2 < fields.count
            else { continue }
            found = Entry(
                type: String(fields[dash + 1]), source: unescaped(fields[dash + 2]),
                device: String(fields[2]),
                options: dash + 3 < fields.count ? String(fields[dash + 3].filter { $0 != "\n" }) : "")
        }
        return found
    }

    /// A path as the table writes it: blanks and backslashes in octal.
    private static func unescaped(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3,
                let value = UInt8(String(Substring(digits)), radix: 8)
            {
                bytes.append(value)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
