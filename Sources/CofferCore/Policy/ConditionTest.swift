/// The values of a condition, read as what its operator compares.
enum ConditionTest: Sendable {
    case texts([String])
    case patterns([WildcardPattern])
    case numbers([Double])
    /// Milliseconds since 1970.
    case times([Int64])
    case booleans([Bool])
    case absence([Bool])
}

/// What a request has for a condition's key.
enum ConditionValue {
    case text(String)
    case number(Double)
    case time(Timestamp)
    /// The request has no such key.
    case absent
    /// It can't be established what the request has.
    case unknown
}

extension PolicyCondition {
    /// Whether a request meets the condition.
    func truth(for request: borrowing PolicyRequest) -> Truth {
        let value = request.value(of: key)
        switch value {
        case .unknown: return .unknown
        case .absent:
            if case .absence(let expected) = test { return Truth(expected.contains(true)) }
            return Truth(ifExists || comparison.isNegated)
        case .text, .number, .time:
            let fits = anyFits(value)
            return comparison.isNegated ? fits.inverted : fits
        }
    }

    /// Whether one of the values fits; unknown where the request's value can't be read as what the operator compares.
    private func anyFits(_ value: ConditionValue) -> Truth {
        switch test {
        case .absence(let expected):
            return Truth(expected.contains(false))
        case .texts(let texts):
            guard case .text(let text) = value else { return .unknown }
            // By bytes: to Swift, texts that differ in how an accent is composed are equal.
            return Truth(texts.contains { $0.utf8.elementsEqual(text.utf8) })
        case .patterns(let patterns):
            guard case .text(let text) = value else { return .unknown }
            return Truth(patterns.contains { $0.matches(text) })
        case .numbers(let numbers):
            guard let number = value.number else { return .unknown }
            return Truth(numbers.contains { comparison.holds(number, $0) })
        case .times(let times):
            guard let time = value.milliseconds else { return .unknown }
            return Truth(times.contains { comparison.holds(time, $0) })
        case .booleans(let expected):
            guard case .text(let text) = value, let actual = Bool(text) else { return .unknown }
            return Truth(expected.contains(actual))
        }
    }
}

extension ConditionValue {
    fileprivate var number: Double? {
        switch self {
        case .number(let number): number
        case .time(let time): Double(time.seconds)
        case .text(let text): Double(decimal: text)
        case .absent, .unknown: nil
        }
    }

    fileprivate var milliseconds: Int64? {
        switch self {
        case .time(let time): time.milliseconds
        case .text(let text): Timestamp(condition: text)?.milliseconds
        case .number, .absent, .unknown: nil
        }
    }
}

extension Double {
    /// A number as JSON writes it; nil for anything else, such as `inf`, `nan` and hexadecimal, which Swift reads too.
    init?(decimal text: String) {
        guard text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }), let value = Double(text),
            value.isFinite
        else { return nil }
        self = value
    }
}

extension Timestamp {
    /// A date of RFC 3339, or seconds since 1970.
    init?(condition text: String) {
        if let time = Timestamp(text) {
            self = time
            return
        }
        // 12 digits reach the year 33658.
        guard let seconds = Int64(text), seconds.magnitude < 1_000_000_000_000 else { return nil }
        self.init(seconds: seconds)
    }
}
