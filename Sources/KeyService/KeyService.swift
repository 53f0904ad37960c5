public import SecretMemory

/// The only one who sees a key: seals and opens values and records for everybody else. Safe from any thread.
public protocol KeyService: Sendable {
    /// The id of the store whose keys these are.
    var storeID: StoreID { get }

    /// The key that seals where a secret names no other: `alias/coffer/default`.
    var defaultKeyID: KeyID { get }

    /// Tells a key's state. Throws `keyNotFound`.
    func keyState(_ id: KeyID) throws(KeyServiceError) -> KeyState

    // MARK: Values

    /// Seals a value under a fresh data key, which only the newest backing key of `key` opens.
    ///
    /// - Throws: `keyNotFound`, `keyDisabled`, `keyPendingDeletion`, `outOfMemory`.
    func sealValue(
        _ plaintext: Span<UInt8>, with key: KeyID, context: ValueContext
    ) throws(KeyServiceError) -> [UInt8]

    /// Tells the length in bytes that a sealed value says of its plaintext: it is authenticated only when opened.
    /// Throws `malformed`, `newerFormat`.
    func valueLength(_ sealed: Span<UInt8>) throws(KeyServiceError) -> Int

    /// Opens the bytes `range` of a value into guarded memory of the caller's, and returns how many were written.
    ///
    /// A range past the end is cut there. Only the segments of 64 KiB that the range touches are opened; whole
    /// ones without an intermediate copy. `destination` must have room for the range; after an error it holds
    /// no plaintext.
    /// - Throws: `authenticationFailed`, `malformed`, `newerFormat`, `keyNotFound`, `keyDisabled`,
    ///   `keyPendingDeletion`, `outOfMemory`.
    func openValue(
        _ sealed: Span<UInt8>, context: ValueContext, range: Range<Int>,
        into destination: inout MutableSpan<UInt8>
    ) throws(KeyServiceError) -> Int

    /// Opens a whole value into new guarded memory. Throws as the ranged form.
    func openValue(_ sealed: Span<UInt8>, context: ValueContext) throws(KeyServiceError) -> SecretBytes

    /// Compares a plaintext with a sealed value in constant time, without handing the value out. Throws as `openValue`.
    func isSameValue(
        _ plaintext: Span<UInt8>, as sealed: Span<UInt8>, context: ValueContext
    ) throws(KeyServiceError) -> Bool

    /// The 16 bytes that tell this sealing of a value from every other one; empty where it is no sealed value.
    ///
    /// Kept in the secret's sealed record, so that a row that was swapped or put back is found out before it is
    /// opened. Made with the key, and independent of the plaintext: equal values have different digests.
    func valueDigest(_ sealed: Span<UInt8>) -> [UInt8]

    /// Tells whether a sealed value has this digest; allocates nothing.
    func isValue(_ sealed: Span<UInt8>, ofDigest digest: [UInt8]) -> Bool

    // MARK: Records

    /// Seals metadata for one row. Throws `outOfMemory`.
    func sealRecord(_ plain: [UInt8], context: RecordContext) throws(KeyServiceError) -> [UInt8]

    /// Opens metadata of one row. Throws `authenticationFailed`, `malformed`, `newerFormat`.
    func openRecord(_ sealed: Span<UInt8>, context: RecordContext) throws(KeyServiceError) -> [UInt8]

    /// Hashes one row, as it lies in the store, for the manifest's sum over all rows.
    func recordTag(_ sealed: Span<UInt8>, context: RecordContext) throws(KeyServiceError) -> RecordTag

    // MARK: Derived

    /// The key of the audit trail, derived for it alone. Throws `outOfMemory`.
    func auditKey() throws(KeyServiceError) -> SymmetricKey
}

extension KeyService {
    /// Opens metadata of one row. Throws `authenticationFailed`, `malformed`, `newerFormat`.
    public func openRecord(_ sealed: [UInt8], context: RecordContext) throws(KeyServiceError) -> [UInt8] {
        try openRecord(sealed.span, context: context)
    }

    /// Hashes one row, as it lies in the store, for the manifest's sum over all rows.
    public func recordTag(_ sealed: [UInt8], context: RecordContext) throws(KeyServiceError) -> RecordTag {
        try recordTag(sealed.span, context: context)
    }
}
