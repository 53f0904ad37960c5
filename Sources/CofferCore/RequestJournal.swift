/// Remembers across the end of a process which requests of the kernel it had carried out without an answer.
///
/// What is noted before the effect is held against the trail and the store afterwards, which tell whether it came.
public protocol RequestJournal: Sendable {
    /// Notes that a request is about to have the audit record `sequence`, or to be the store's `revision`; 0 for none.
    func note(request: UInt64, sequence: UInt64, revision: UInt64)
    /// What was noted of a request.
    func notes(of request: UInt64) -> [(sequence: UInt64, revision: UInt64)]
}
