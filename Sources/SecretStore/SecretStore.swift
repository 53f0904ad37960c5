/// Where sealed records and values are kept. An engine sees ciphertext only.
///
/// Calls may come from any thread, at once.
public protocol SecretStore: Sendable {
    /// Hands every record of a kind to `body`, in order of number, as one snapshot.
    ///
    /// `body` may call the store; what it commits is not seen by this scan.
    ///
    /// - Throws: ``StoreError``, or what `body` throws, which ends the scan.
    func records(of kind: RecordKind, _ body: (Record) throws -> Void) throws

    /// The record of that name, or nil.
    func record(_ id: RecordID) throws(StoreError) -> Record?

    /// The sealed value of that name, or nil. It sees every commit that returned before, and never waits for one.
    func value(_ id: ValueID) throws(StoreError) -> [UInt8]?

    /// Makes all changes of a transaction, or none. They are durable when it returns.
    ///
    /// - Throws: ``StoreError/conflict(_:expected:found:)`` when a record's revision is not the expected one. After
    ///   any error the store holds what it held before, and can be used.
    func commit(_ transaction: Transaction) throws(StoreError)

    /// Calls `handler` after each commit from now on, in commit order, until the token is cancelled or released.
    ///
    /// It is called on a private thread of the store's, one call at a time; it may call the store.
    func watch(_ handler: @escaping @Sendable (StoreChange) -> Void) -> WatchToken

    /// Checks every page and row the engine keeps. It reads everything.
    ///
    /// - Returns: what is wrong, one line each; empty for a sound store.
    func integrityCheck() throws(StoreError) -> [String]

    /// What was found to have changed under the store while it was closed, a line each; empty for a sound store.
    var damagedParts: [String] { get }

    /// Ends the use of the store. Later calls throw ``StoreError/closed``; closing again does nothing.
    func close()

    /// Ends the use of the store as a process does that is killed: all that was committed is there, and nothing is tidied up.
    func leave()
}
