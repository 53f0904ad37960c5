/// What somebody may have meant.
enum Spelling {
    /// The candidate with the fewest edits to a text, without regard to case and to a missing service; nil where none is
    /// near. Of equally near ones the first.
    static func nearest(to text: String, among candidates: [String]) -> String? {
        let wanted = text.lowercased()
        var best: (distance: Int, candidate: String)?
        for candidate in candidates {
            let known = candidate.lowercased()
            let bare = wanted.contains(":") ? known : String(known.drop { $0 != ":" }.dropFirst())
            let distance = distance(Array(wanted.utf8.prefix(128)), Array(bare.utf8))
            if distance < best?.distance ?? .max { best = (distance, candidate) }
        }
        guard let best, best.distance <= max(3, wanted.utf8.count / 2) else { return nil }
        return best.candidate
    }

    /// How many bytes must be put in, taken out or replaced. Source: Levenshtein 1965; Wagner and Fischer 1974.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (index, byte) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (place, other) in right.enumerated() {
                let replaced = diagonal + (byte == other ? 0 : 1)
                diagonal = row[place + 1]
                row[place + 1] = min(replaced, diagonal + 1, row[place] + 1)
            }
        }
        return row[right.count]
    }
}
