/// What must be seen of the tree, kept as plainly as can be: bytes in arrays.
final class TreeModel {
    /// One version. It is an object, so that a label means it and not what it holds.
    final class Version {
        var bytes: [UInt8]
        /// How often it was written anew by the same open file.
        var rewrites = 0
        /// Its time when it was last looked at, and how often it had been written anew then.
        var seen: (rewrites: Int, modified: Int)?
        init(_ bytes: [UInt8]) { self.bytes = bytes }
    }

    enum Label: String, CaseIterable { case current, previous, pending, canary }

    final class Secret {
        let name: String
        var exists = false
        /// Whether its deletion is scheduled: then it isn't there, and can be brought back.
        var isScheduled = false
        var versions: [Version] = []
        var labels: [Label: Version] = [:]
        weak var newest: Version?

        init(_ name: String) { self.name = name }

        var isThere: Bool { exists && !isScheduled }

        /// Puts a label on a version; AWSCURRENT leaves AWSPREVIOUS where it was.
        func move(_ label: Label, to version: Version) {
            guard labels[label] !== version else { return }
            if label == .current, let holder = labels[.current] { labels[.previous] = holder }
            labels[label] = version
        }

        func add(_ bytes: [UInt8], _ label: Label) -> Version {
            let version = Version(bytes)
            exists = true
            versions.append(version)
            newest = version
            move(label, to: version)
            prune()
            return version
        }

        /// 100 versions are kept; past that the oldest without a label goes.
        func prune() {
            while versions.count > 100,
                let index = versions.firstIndex(where: { version in
                    !labels.values.contains { $0 === version }
                })
            {
                versions.remove(at: index)
            }
        }
    }

    /// A file that is being written.
    final class Draft {
        let secret: Secret
        let label: Label
        /// The member that is written; nil for the whole value.
        let member: String?
        /// What it began with; nil where there was nothing.
        let base: [UInt8]?
        var bytes: [UInt8]
        var isDirty = false
        var failure: Failure?
        var committed: Version?

        init(_ secret: Secret, _ label: Label, member: String?, base: [UInt8]?, isTruncated: Bool) {
            self.secret = secret
            self.label = label
            self.member = member
            self.base = base
            bytes = isTruncated ? [] : base ?? []
        }
    }

    /// Why something is refused.
    enum Failure { case tooLarge, notPermitted, absent, denied, invalid }

    static let limit = 65_536

    /// Writes bytes at an offset, or at the end.
    func write(_ bytes: [UInt8], at offset: Int?, to draft: Draft) -> Failure? {
        if let failure = draft.failure { return failure }
        let start = offset ?? draft.bytes.count
        guard start + bytes.count <= Self.limit else {
            draft.failure = .tooLarge
            return .tooLarge
        }
        let end = start + bytes.count
        if draft.bytes.count < end { draft.bytes += [UInt8](repeating: 0, count: end - draft.bytes.count) }
        draft.bytes.replaceSubrange(start..<end, with: bytes)
        draft.isDirty = true
        return nil
    }

    func resize(_ draft: Draft, to size: Int) -> Failure? {
        if let failure = draft.failure { return failure }
        guard size <= Self.limit else {
            draft.failure = .tooLarge
            return .tooLarge
        }
        let old = draft.bytes
        draft.bytes = Array(old.prefix(size)) + [UInt8](repeating: 0, count: max(0, size - old.count))
        // Cut to nothing is a beginning, no content.
        if size > 0 { draft.isDirty = true }
        return nil
    }

    /// What fsync, and the close of the process that opened it, do.
    func commit(_ draft: Draft) -> Failure? {
        if let failure = draft.failure { return failure }
        guard draft.isDirty, !draft.bytes.isEmpty else {
            draft.isDirty = false
            return nil
        }
        if draft.committed == nil, draft.bytes == draft.base {
            draft.isDirty = false
            return nil
        }
        let secret = draft.secret
        guard !secret.isScheduled else {
            draft.failure = .notPermitted
            return .notPermitted
        }
        var value = draft.bytes
        if let member = draft.member {
            guard let before = secret.labels[draft.label], var object = ModelObject(before.bytes) else {
                draft.failure = .notPermitted
                return .notPermitted
            }
            object.set(member, draft.bytes)
            value = object.bytes
            guard value.count <= Self.limit else {
                draft.failure = .tooLarge
                return .tooLarge
            }
        }
        draft.isDirty = false
        if let version = draft.committed, secret.labels[draft.label] === version, secret.newest === version {
            version.bytes = value
            version.rewrites += 1
            return nil
        }
        draft.committed = secret.add(value, draft.label)
        return nil
    }
}

/// A JSON object of strings, spelt in one way: letters, digits and spaces, which need no escapes.
struct ModelObject {
    private(set) var members: [(name: String, text: String)] = []

    init(_ members: [(name: String, text: String)]) { self.members = members }

    /// Reads what `bytes` spelt; nil where that is no such object.
    init?(_ bytes: [UInt8]) {
        guard bytes.first == UInt8(ascii: "{"), bytes.last == UInt8(ascii: "}") else { return nil }
        let text = String(decoding: bytes.dropFirst().dropLast(), as: UTF8.self)
        for member in text.split(separator: ",") {
            let parts = member.split(separator: "\"", omittingEmptySubsequences: false)
            guard parts.count == 5 else { return nil }
            members.append((String(parts[1]), String(parts[3])))
        }
    }

    subscript(name: String) -> String? { members.first { $0.name == name }?.text }

    mutating func set(_ name: String, _ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        if let index = members.firstIndex(where: { $0.name == name }) {
            members[index].text = text
        } else {
            members.append((name, text))
        }
    }

    var bytes: [UInt8] {
        Array(("{" + members.map { "\"\($0.name)\":\"\($0.text)\"" }.joined(separator: ",") + "}").utf8)
    }
}

/// Random numbers that a seed gives again. Source: SplitMix64, public domain, by S. Vigna.
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
