/// Whom a statement is about: a user or a group of this machine, or everybody.
public enum PolicyPrincipal: Hashable, Sendable {
    case any
    case user(String)
    case uid(UInt32)
    case group(String)
    case gid(UInt32)

    /// Reads a principal as commands take it: `www-data` or `user:www-data`, `uid:33`, `group:db`, `gid:999`, `*`; nil
    /// for anything else.
    public init?(argument: String) {
        if argument == "*" {
            self = .any
            return
        }
        let parts = argument.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let (kind, name) = parts.count == 2 ? (String(parts[0]), String(parts[1])) : ("user", argument)
        switch kind {
        case "user" where Self.isName(name): self = .user(name)
        case "group" where Self.isName(name): self = .group(name)
        case "uid":
            guard let number = Self.number(name) else { return nil }
            self = .uid(number)
        case "gid":
            guard let number = Self.number(name) else { return nil }
            self = .gid(number)
        default: return nil
        }
    }

    /// The principal as commands take it: `user:www-data`.
    public var argument: String {
        switch self {
        case .any: "*"
        case .user(let name): "user:\(name)"
        case .uid(let number): "uid:\(number)"
        case .group(let name): "group:\(name)"
        case .gid(let number): "gid:\(number)"
        }
    }

    /// What to say of a text that is no principal.
    public static let rule =
        "a principal is a user's name, user:NAME, uid:NUMBER, group:NAME, gid:NUMBER, or '*' for everybody"

    /// Whether a text can be a user's or group's name: wildcards are none.
    static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 256
            && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f && !"*?:/\"".utf8.contains($0) }
    }

    /// A uid or gid in decimal; the kernel keeps the highest number for "none".
    static func number(_ text: String) -> UInt32? {
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        return UInt32(text).flatMap { $0 == .max ? nil : $0 }
    }
}

/// The Principal or NotPrincipal of a statement.
public struct PrincipalMatch: Sendable {
    /// Whom it names.
    public let principals: [PolicyPrincipal]
    /// Whether it stands for everybody else (NotPrincipal).
    public let isNegated: Bool
    /// Where each of them stands in the text.
    let positions: [TextPosition]
}

/// Finds the numbers of users and groups. Source: getpwnam(3), getgrnam(3).
public protocol PrincipalResolver: Sendable {
    /// The number of a user; nil where there is no such user.
    func uid(ofUser name: String) -> UInt32?
    /// The number of a group; nil where there is no such group.
    func gid(ofGroup name: String) -> UInt32?
}
