/// Remembers across the end of a process which requests of the kernel it had carried out without an answer.
///
/// What is noted before the effect is held against the trail and the store afterwards, which tell whether it came. What
/// failed is withdrawn: its number is the next one's.
public protocol RequestJournal: Sendable {
    /// Notes that a request is about to have the audit record of this number, of a refusal or not.
    func noteRecord(_ sequence: UInt64, isRefusal: Bool, of request: UInt64)
    /// Notes that a request is about to be the store's revision of this number.
    func noteChange(_ revision: UInt64, of request: UInt64)
    /// Takes back the newest record noted of a request.
    func withdrawRecord(of request: UInt64)
    /// Takes back the changes noted of a request.
    func withdrawChange(of request: UInt64)
    /// The records noted of a request.
    func records(of request: UInt64) -> [(sequence: UInt64, isRefusal: Bool)]
    /// The revisions noted of a request.
    func changes(of request: UInt64) -> [UInt64]
}
