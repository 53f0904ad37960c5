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
    /// Notes that the store is at this revision, or about to be.
    func noteRevision(_ revision: UInt64)
    /// The highest revision noted; 0 where no process of this mount has noted one.
    var highestRevision: UInt64 { get }
    /// Notes a change that watchers are to be told of: the revision that it will be, and the secret's serial; nil for many.
    func noteTelling(of secret: UInt32?, revision: UInt64)
    /// Takes back what is noted of a revision: the change did not come.
    func withdrawTelling(revision: UInt64)
    /// Everybody has been told of a secret's changes up to a revision.
    func endTelling(of secret: UInt32?, upTo revision: UInt64)
    /// The changes that nobody may have been told of.
    var tellings: [(secret: UInt32?, revision: UInt64)] { get }
}
