internal import CofferCore
internal import Glibc

/// What a command prints for people.
struct Output {
    /// A style that a terminal shows; elsewhere it is left out.
    enum Style: String {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
    }

    /// Whether styles are shown: on a terminal, unless NO_COLOR is set (https://no-color.org).
    let isColoured: Bool
    /// The moment that relative times are told from.
    let now: Timestamp

    init(isColoured: Bool? = nil, now: Timestamp? = nil) {
        self.isColoured =
            isColoured
            ?? (isatty(STDOUT_FILENO) == 1 && Environment.value("NO_COLOR") == nil
                && Environment.value("TERM") != "dumb")
        self.now = now ?? .now
    }

    func styled(_ text: String, _ style: Style) -> String {
        isColoured ? "\u{1b}[\(style.rawValue)m\(text)\u{1b}[0m" : text
    }

    /// Columns that stand under each other, two spaces between; the last one is not filled up.
    func table(_ heads: [String], _ rows: [[String]]) -> String {
        let widths = heads.indices.map { column in
            ([heads] + rows).map { Self.printable($0[column]).count }.max() ?? 0
        }
        func line(_ cells: [String]) -> String {
            var line = ""
            for (column, cell) in cells.enumerated() {
                let cell = Self.printable(cell)
                line += cell
                guard column < cells.count - 1 else { break }
                line += String(repeating: " ", count: widths[column] - cell.count + 2)
            }
            while line.last == " " { line.removeLast() }
            return line
        }
        return ([styled(line(heads), .bold)] + rows.map(line)).joined(separator: "\n")
    }

    /// Names and what they stand for, a line each.
    func fields(_ fields: [(name: String, value: String)]) -> String {
        let width = fields.map(\.name.count).max() ?? 0
        return fields.map { name, value in
            let gap = String(repeating: " ", count: width - name.count + 2)
            return styled(name, .dim) + gap + Self.printable(value)
        }.joined(separator: "\n")
    }

    /// How long ago, or how far off, a moment is: `3 min ago`, `in 30 d`.
    func relative(_ time: Timestamp) -> String {
        let seconds = (now.milliseconds - time.milliseconds) / 1000
        let words = Self.duration(seconds.magnitude)
        if seconds.magnitude < 2 { return "just now" }
        return seconds < 0 ? "in \(words)" : "\(words) ago"
    }

    /// A length of time in its largest whole unit.
    static func duration(_ seconds: UInt64) -> String {
        switch seconds {
        case 0..<60: "\(seconds) s"
        case 60..<3600: "\(seconds / 60) min"
        case 3600..<86_400: "\(seconds / 3600) h"
        default: "\(seconds / 86_400) d"
        }
    }

    /// Text that may come from elsewhere, without what could steer a terminal.
    static func printable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { isControl($0) }) else { return text }
        return String(text.unicodeScalars.map { isControl($0) ? "\u{fffd}" : Character($0) })
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
    }
}

extension Timestamp {
    /// This moment. System call: `clock_gettime`
    static var now: Timestamp {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// A date as the AWS JSON protocol has it: seconds since the epoch, maybe with a fraction.
    init?(_ json: JSONValue?) {
        guard case .number(let text) = json, let seconds = Double(text), seconds.magnitude < 1e12 else {
            return nil
        }
        self.init(milliseconds: Int64((seconds * 1000).rounded()))
    }
}
