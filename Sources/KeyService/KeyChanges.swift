import SecretMemory

// Changes to keys are two steps, so that the table follows the store and never runs ahead of it: ask for the new row,
// commit it, then adopt it.
extension EmbeddedKeyService {
    /// Returns the row of a key as it is to be in another state; nothing changes until `adopt`.
    ///
    /// - Throws: `keyNotFound`, `outOfMemory`.
    public func record(of id: KeyID, in state: KeyState) throws(KeyServiceError) -> StoredKey {
        let key = try key(id)
        var details = key.details
        details.state = state
        return try write(Key(id: id, row: key.row, details: details, backingKeys: key.backingKeys))
    }

    /// Takes over a row that was committed to the store.
    ///
    /// - Throws: `authenticationFailed`, `malformed`, `newerFormat`, `outOfMemory`.
    public func adopt(_ stored: StoredKey) throws(KeyServiceError) {
        install(
            try KeyRecord.read(stored.body, row: stored.number, with: roots.wrapping, store: storeID))
    }

    /// The row of a key, for the store to keep.
    func write(_ key: Key) throws(KeyServiceError) -> StoredKey {
        do {
            return (key.row, try KeyRecord.write(key, with: roots.wrapping, store: storeID))
        } catch { throw KeyServiceError(error, what: "a key") }
    }
}
