internal import CofferCore
internal import SecretsManager

/// The order of ListSecrets, and the token by which a page goes on: what the last entry is sorted by, and its name.
struct SecretOrder {
    private enum Key: String, CaseIterable {
        case name
        case created = "created-date"
        case changed = "last-changed-date"
        case accessed = "last-accessed-date"
    }

    private let key: Key
    private let isDescending: Bool

    /// Whether it is the order in which the manager lists.
    var isManagersOwn: Bool { key == .name && !isDescending }

    init(_ parameters: Parameters) throws(APIError) {
        let key = try parameters.text("SortBy") ?? Key.name.rawValue
        guard let known = Key(rawValue: key) else {
            throw .invalidParameter(
                "SortBy is one of \(Key.allCases.map(\.rawValue).joined(separator: ", ")); '\(key)' is not")
        }
        self.key = known
        switch try parameters.text("SortOrder") ?? "asc" {
        case "asc": isDescending = false
        case "desc": isDescending = true
        case let other: throw .invalidParameter("SortOrder is asc or desc; '\(other)' is not")
        }
    }

    func sort(_ secrets: inout [SecretDescription]) {
        secrets.sort { isBefore(place(of: $0.record), place(of: $1.record)) }
    }

    /// The entries behind the one that a token stands for.
    func drop(_ secrets: [SecretDescription], through token: String) throws(APIError) -> [SecretDescription] {
        let last = (number: try Self.number(in: token), name: try Self.name(in: token))
        return secrets.filter { isBefore(last, place(of: $0.record)) }
    }

    func token(for record: SecretRecord) -> String {
        let place = place(of: record)
        return "\(place.number):\(place.name)"
    }

    /// The name in a token.
    static func name(in token: String) throws(APIError) -> String {
        _ = try number(in: token)
        let name = String(token.drop { $0 != ":" }.dropFirst())
        guard (try? SecretName(name)) != nil else { throw .service(.invalidNextToken(invalidToken)) }
        return name
    }

    private static func number(in token: String) throws(APIError) -> Int64 {
        guard let number = Int64(token.prefix { $0 != ":" }) else {
            throw .service(.invalidNextToken(invalidToken))
        }
        return number
    }

    private func place(of record: SecretRecord) -> (number: Int64, name: String) {
        let number: Int64 =
            switch key {
            case .name: 0
            case .created: record.created.milliseconds
            case .changed: record.changed.milliseconds
            case .accessed: Int64(record.lastAccessedDay)
            }
        return (number, record.name.text)
    }

    private func isBefore(_ left: (number: Int64, name: String), _ right: (number: Int64, name: String))
        -> Bool
    {
        isDescending ? right < left : left < right
    }
}
