public import CofferCore

/// Which records to show. What is nil matches all.
public struct AuditFilter: Sendable, Equatable {
    /// How a request ended.
    public enum Outcome: Sendable, Equatable, CaseIterable {
        /// It was done: there is no errorCode.
        case allowed
        /// The policy refused it: errorCode begins with `AccessDenied`.
        case denied
        /// It failed for another reason.
        case failed
    }

    /// The secret's name; `*` stands for any characters, none included.
    public var secretPattern: String?
    /// The caller's user number.
    public var uid: UInt32?
    /// Not before this moment.
    public var since: Timestamp?
    /// Before this moment.
    public var until: Timestamp?
    /// How it ended.
    public var outcome: Outcome?
    /// The eventName, such as `GetSecretValue`.
    public var eventName: String?

    public init(
        secretPattern: String? = nil, uid: UInt32? = nil, since: Timestamp? = nil, until: Timestamp? = nil,
        outcome: Outcome? = nil, eventName: String? = nil
    ) {
        self.secretPattern = secretPattern
        self.uid = uid
        self.since = since
        self.until = until
        self.outcome = outcome
        self.eventName = eventName
    }
}

/// A filter, made ready to be held against lines. In a record no text can look like a field's name: its quotes
/// are escaped.
struct LineFilter {
    private let filter: AuditFilter
    private let pattern: [UInt8]?
    private let since: [UInt8]?
    private let until: [UInt8]?

    init(_ filter: AuditFilter) {
        self.filter = filter
        pattern = filter.secretPattern.map { Array($0.utf8) }
        since = filter.since.map { Array($0.text.utf8) }
        until = filter.until.map { Array($0.text.utf8) }
    }

    /// Whether the line is to be shown.
    func matches(_ line: Span<UInt8>, _ record: RecordLine) -> Bool {
        if since != nil || until != nil {
            var time: [UInt8] = []
            record.appendTime(of: line, to: &time)
            if let since, time.lexicographicallyPrecedes(since) { return false }
            if let until, !time.lexicographicallyPrecedes(until) { return false }
        }
        if let uid = filter.uid {
            guard let range = line.value(of: "\"uid\":", endingAt: UInt8(ascii: ",")) else { return false }
            var index = range.lowerBound
            guard line.decimal(at: &index) == UInt64(uid) else { return false }
        }
        if let eventName = filter.eventName {
            guard let range = line.value(of: "\"eventName\":\""), line.text(range) == eventName
            else { return false }
        }
        if let pattern {
            guard let range = line.value(of: "\"secretId\":\""), Self.glob(pattern, line.extracting(range))
            else { return false }
        }
        if let outcome = filter.outcome { return Self.outcome(of: line) == outcome }
        return true
    }

    private static func outcome(of line: Span<UInt8>) -> AuditFilter.Outcome {
        guard let range = line.value(of: "\"errorCode\":\"") else { return .allowed }
        return line.has("AccessDenied", at: range.lowerBound) ? .denied : .failed
    }

    /// Whether `text` matches `pattern`, in which `*` stands for anything; goes back to the last star only.
    static func glob(_ pattern: [UInt8], _ text: Span<UInt8>) -> Bool {
        var (at, index) = (0, 0)
        var (star, mark) = (-1, 0)
        while index < text.count {
            if at < pattern.count, pattern[at] == UInt8(ascii: "*") {
                (star, mark) = (at, index)
                at += 1
            } else if at < pattern.count, pattern[at] == text[index] {
                at += 1
                index += 1
            } else if star >= 0 {
                mark += 1
                (at, index) = (star + 1, mark)
            } else {
                return false
            }
        }
        while at < pattern.count, pattern[at] == UInt8(ascii: "*") { at += 1 }
        return at == pattern.count
    }
}

extension Span<UInt8> {
    /// What stands between `start` and the next `end`.
    fileprivate func value(
        of start: StaticString, endingAt end: UInt8 = UInt8(ascii: "\"")
    ) -> Range<Int>? {
        guard let found = firstIndex(of: start) else { return nil }
        let begin = found + start.utf8CodeUnitCount
        guard let close = index(of: end, from: begin, to: count) else { return nil }
        return begin..<close
    }
}
