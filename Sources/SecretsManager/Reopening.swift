public import CofferCore
internal import Synchronization

// Files that were open when the process before this one ended. Their opening was decided and recorded then.
extension SecretsManager {
    /// A version that was opened for reading, by its sequence; nil where it isn't kept any more, or can't be read.
    public func reopen(
        secret serial: UInt32, sequence: UInt32, member number: UInt16?, openedBy opener: Caller
    ) -> ReadableVersion? {
        guard let secret = secret(serial), let version = secret.record.version(sequence: sequence),
            (try? checkKey(of: version)) != nil, let sealed = try? sealedValue(of: secret.record, version)
        else { return nil }
        var member: MemberRecord?
        if let number {
            member = version.content.members.first { $0.number == number }
            guard member != nil else { return nil }
        }
        return ReadableVersion(
            secret: serial, name: secret.record.name, version: version, member: member,
            isStrict: secret.record.fileSettings.isStrict, sealed: sealed, opener: opener)
    }

    /// Keeps versions that the handler says are open from being dropped, however many come after them.
    ///
    /// It is asked on the thread that makes a change, and must not wait.
    public func keepVersions(where isOpen: @escaping @Sendable (_ secret: UInt32, _ sequence: UInt32) -> Bool)
    {
        openVersions.withLock { $0 = isOpen }
    }

    /// The changes of which the kernel and its watchers may not have been told when the process before this one ended.
    public var untold: [(secret: UInt32?, revision: UInt64)] {
        (configuration.journal?.tellings ?? []).filter { $0.revision <= openedRevision }
    }

    /// Everybody has been told of a secret's changes (nil: of those that concern many) up to the store's revision.
    public func noteTold(of secret: UInt32?, upTo revision: UInt64) {
        configuration.journal?.endTelling(of: secret, upTo: revision)
    }
}
