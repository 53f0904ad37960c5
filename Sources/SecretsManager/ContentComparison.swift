internal import CofferCore
internal import KeyService
internal import SecretMemory

// What has changed between two versions, for those who watch files. Nothing leaves guarded memory, so nothing is recorded.
extension SecretsManager {
    /// The numbers of the later version's members that read otherwise than in the earlier one, or weren't there.
    ///
    /// All of them where that can't be told: a value is gone, was written anew, or its key is disabled.
    public func changedMembers(
        of serial: UInt32, from earlier: VersionRecord, to later: VersionRecord
    ) -> Set<UInt16> {
        let all = Set(later.content.members.map(\.number))
        guard !all.isEmpty, !earlier.content.members.isEmpty, earlier.sequence != later.sequence,
            let record = record(serial), let before = value(of: record, earlier),
            let after = value(of: record, later)
        else { return all }
        let same = unsafe before.withUnsafeBytes { before in
            unsafe after.withUnsafeBytes { after in
                later.content.members.filter { member in
                    guard let old = earlier.content.members.first(where: { $0.number == member.number }),
                        old.isString == member.isString, old.length == member.length,
                        Int(old.start) + Int(old.length) <= before.count,
                        Int(member.start) + Int(member.length) <= after.count
                    else { return false }
                    return unsafe before[Int(old.start)..<Int(old.start + old.length)]
                        .elementsEqual(after[Int(member.start)..<Int(member.start + member.length)])
                }
            }
        }
        return all.subtracting(same.map(\.number))
    }

    private func value(of record: SecretRecord, _ version: VersionRecord) -> SecretBytes? {
        guard record.version(sequence: version.sequence)?.content == version.content,
            (try? checkKey(of: version)) != nil, let sealed = try? sealedValue(of: record, version)
        else { return nil }
        return try? keys.openValue(
            sealed.span, context: ValueContext(secret: record.serial, version: version.sequence))
    }
}
