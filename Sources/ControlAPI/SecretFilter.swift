internal import CofferCore
internal import SecretsManager

/// One filter of ListSecrets: a secret matches where one of the values does. AWS: Filter.
struct SecretFilter {
    /// What of a secret is looked at.
    enum Key: String, CaseIterable {
        case name
        case tagKey = "tag-key"
        case tagValue = "tag-value"
        case description
        case all
    }

    private let key: Key
    private let values: [(text: String, isNegated: Bool)]

    /// The prefix that every name that matches has; nil where there is none.
    var commonPrefix: String? {
        key == .name && values.count == 1 && !values[0].isNegated ? values[0].text : nil
    }

    /// The filters of a request: at most 10, each with at most 10 values.
    static func list(_ parameters: Parameters) throws(APIError) -> [SecretFilter] {
        try parameters.elements("Filters", atMost: 10)?.map { element throws(APIError) in
            try SecretFilter(element)
        } ?? []
    }

    private init(_ json: JSONValue) throws(APIError) {
        guard let members = json.object else {
            throw .serialization("Filters must be an array of {\"Key\": …, \"Values\": […]}")
        }
        for member in members where member.name != "Key" && member.name != "Values" {
            throw .invalidParameter("a filter has no member '\(member.name)', only Key and Values")
        }
        guard let name = json["Key"]?.string, let texts = json["Values"]?.array else {
            throw .serialization("Filters: Key must be a string and Values an array of strings")
        }
        guard let key = Key(rawValue: name) else {
            throw .invalidParameter(
                "Filters: there is no key '\(name)'; there are \(Key.allCases.map(\.rawValue).joined(separator: ", "))"
            )
        }
        guard (1...10).contains(texts.count) else {
            throw .invalidParameter("Filters: '\(name)' has 1 to 10 values; \(texts.count) were given")
        }
        self.key = key
        values = try texts.map { value throws(APIError) in
            guard let text = value.string else { throw .serialization("Filters: Values must be strings") }
            return text.hasPrefix("!") ? (String(text.dropFirst()), true) : (text, false)
        }
    }

    /// Whether a secret passes.
    func matches(_ record: SecretRecord) -> Bool {
        values.contains { value in matches(record, value.text) != value.isNegated }
    }

    /// Names, keys and values by their beginning, as AWS has it; descriptions by any word's, in any case.
    private func matches(_ record: SecretRecord, _ text: String) -> Bool {
        switch key {
        case .name: record.name.text.hasPrefix(text)
        case .tagKey: record.tags.keys.contains { $0.hasPrefix(text) }
        case .tagValue: record.tags.values.contains { $0.hasPrefix(text) }
        case .description: Self.hasWord(record.description, text)
        case .all:
            Self.hasWord(record.name.text, text) || Self.hasWord(record.description, text)
                || record.tags.contains { Self.hasWord($0.key, text) || Self.hasWord($0.value, text) }
        }
    }

    private static func hasWord(_ text: String, _ beginning: String) -> Bool {
        let words = text.lowercased().split { !($0.isLetter || $0.isNumber) }
        let wanted = beginning.lowercased().split { !($0.isLetter || $0.isNumber) }
        return wanted.allSatisfy { part in words.contains { $0.hasPrefix(part) } }
    }
}
