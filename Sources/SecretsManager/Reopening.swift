public import CofferCore

// Files that were open when the process before this one ended. Their opening was decided and recorded then.
extension SecretsManager {
    /// A version that was opened for reading, by its sequence; nil where it isn't kept any more, or can't be read.
    ///
    /// A strict secret's neither: who opened it isn't known any more, and only they may read.
    public func reopen(
        _ caller: Caller, secret serial: UInt32, sequence: UInt32, member number: UInt16?
    ) -> ReadableVersion? {
        guard let secret = secret(serial), !secret.record.fileSettings.isStrict,
            let version = secret.record.version(sequence: sequence),
            (try? checkKey(of: version)) != nil, let sealed = try? sealedValue(of: secret.record, version)
        else { return nil }
        var member: MemberRecord?
        if let number {
            member = version.content.members.first { $0.number == number }
            guard member != nil else { return nil }
        }
        return ReadableVersion(
            secret: serial, name: secret.record.name, version: version, member: member,
            isStrict: false, sealed: sealed, opener: caller)
    }
}
