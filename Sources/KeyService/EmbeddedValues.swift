public import SecretMemory

// The operations on values.
extension EmbeddedKeyService {
    public func sealValue(
        _ plaintext: Span<UInt8>, with id: KeyID, context: ValueContext
    ) throws(KeyServiceError) -> [UInt8] {
        let key = try key(id)
        try key.requireEnabled()
        let head = SealedValueHead(key: id, backingKey: key.newest.number, length: plaintext.count)
        let value = SealedValue(store: storeID, context: context, head: head)
        do {
            return try value.seal(plaintext, with: key.newest.key)
        } catch { throw KeyServiceError(error, what: "a value") }
    }

    public func valueLength(_ sealed: Span<UInt8>) throws(KeyServiceError) -> Int {
        try SealedValueHead(parsing: sealed).length
    }

    public func openValue(
        _ sealed: Span<UInt8>, context: ValueContext, range: Range<Int>,
        into destination: inout MutableSpan<UInt8>
    ) throws(KeyServiceError) -> Int {
        let head = try SealedValueHead(parsing: sealed)
        let range = range.clamped(to: 0..<head.length)
        precondition(destination.count >= range.count, "the caller has room for the range it asks for")
        let backingKey = try backingKey(of: head)
        let value = SealedValue(store: storeID, context: context, head: head)
        do {
            try value.open(sealed, range: range, with: backingKey.key, into: &destination)
        } catch { throw KeyServiceError(error, what: "a sealed value") }
        return range.count
    }

    public func openValue(
        _ sealed: Span<UInt8>, context: ValueContext
    ) throws(KeyServiceError) -> SecretBytes {
        let length = try valueLength(sealed)
        var plaintext = try translating("a value") { () throws(SecretMemoryError) in
            try SecretBytes(zeroedCount: length)
        }
        try plaintext.withMutableBytes { (room) throws(KeyServiceError) in
            _ = try openValue(sealed, context: context, range: 0..<length, into: &room)
        }
        return plaintext
    }

    public func isSameValue(
        _ plaintext: Span<UInt8>, as sealed: Span<UInt8>, context: ValueContext
    ) throws(KeyServiceError) -> Bool {
        let value = try openValue(sealed, context: context)
        return value.withBytes { KeyedHash.isEqual(plaintext, $0) }
    }

    public func valueDigest(_ sealed: Span<UInt8>) -> [UInt8] {
        guard sealed.count >= SealedValueHead.byteCount else { return [] }
        return SealedValueHead.tagRange.map { sealed[$0] }
    }

    public func isValue(_ sealed: Span<UInt8>, ofDigest digest: [UInt8]) -> Bool {
        guard sealed.count >= SealedValueHead.byteCount else { return false }
        return KeyedHash.isEqual(sealed.extracting(SealedValueHead.tagRange), digest.span)
    }

    private func backingKey(of head: SealedValueHead) throws(KeyServiceError) -> BackingKey {
        let key = try key(head.key)
        try key.requireEnabled()
        // Backing keys are never deleted one by one, so a number we don't have was never written by us.
        guard let backingKey = key.backingKey(head.backingKey) else { throw .authenticationFailed }
        return backingKey
    }
}
