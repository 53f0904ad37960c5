/// Which new names are scratch files: what editors and tools make beside the file that they are about to change.
///
/// docs/filesystem.md has the same table, for people.
enum ScratchName {
    /// Endings that editors and tools put behind a name.
    private static let endings = [
        "~", ".swp", ".swx", ".swo", ".swpx", ".tmp", ".bak", ".orig", ".rej", ".lock", ".new", ".part",
        ".save",
    ]
    /// Beginnings of temporary names, and how many letters, digits and underscores follow: `mkstemp` and its kin.
    private static let randomNames: [(beginning: String, count: ClosedRange<Int>)] = [
        ("sed", 6...6),  // sed -i
        ("XX", 6...6),  // perl -i
        ("po", 6...6),  // patch
        ("tmp", 6...16),  // Python's tempfile
        ("tmp.", 6...16),  // mktemp
    ]

    /// Whether a name is scratch whoever makes it, and however.
    static func isPlain(_ name: String) -> Bool {
        name.hasPrefix(".") || name.hasPrefix("#") || name.hasPrefix("value.")
            || endings.contains { name.hasSuffix($0) && name.utf8.count > $0.utf8.count }
    }

    /// Whether a name is scratch if it is made with O_EXCL, by a program that isn't known to copy names as they are.
    ///
    /// - Parameter existing: the names that are there.
    static func isRandom(_ name: String, beside existing: [String]) -> Bool {
        // vim's 4913, and what counts up from there.
        if name.allSatisfy({ $0.isASCII && $0.isNumber }) { return true }
        for (beginning, count) in randomNames where name.hasPrefix(beginning) {
            if isWord(name.dropFirst(beginning.count), count) { return true }
        }
        return existing.contains { existing in
            guard name.hasPrefix(existing) else { return false }
            let rest = name.dropFirst(existing.count)
            return rest.hasPrefix(".") && isWord(rest.dropFirst(), 6...10)
                || rest.count >= 6 && rest.allSatisfy { $0.isASCII && $0.isNumber }
        }
    }

    private static func isWord(_ text: Substring, _ count: ClosedRange<Int>) -> Bool {
        count.contains(text.count)
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    }
}
