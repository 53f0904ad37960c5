import SecretMemory

// The operations on metadata records.
extension EmbeddedKeyService {
    public func sealRecord(
        _ plain: [UInt8], context: RecordContext
    ) throws(KeyServiceError) -> [UInt8] {
        let binding = RecordBinding(store: storeID.words, context: context)
        do {
            return try SealedRecord.seal(plain, with: roots.metadata, binding: binding)
        } catch { throw KeyServiceError(error, what: "a record") }
    }

    public func openRecord(
        _ sealed: Span<UInt8>, context: RecordContext
    ) throws(KeyServiceError) -> [UInt8] {
        try SealedRecord.open(
            sealed, with: roots.metadata, binding: RecordBinding(store: storeID.words, context: context))
    }

    public func recordTag(
        _ sealed: Span<UInt8>, context: RecordContext
    ) throws(KeyServiceError) -> RecordTag {
        let prefix = RecordBinding(store: storeID.words, context: context).bytes(.recordTag)
        do {
            var stream = try HashStream(key: roots.manifest, byteCount: 32)
            stream.update(prefix.span)
            stream.update(sealed)
            var digest = InlineArray<32, UInt8>(repeating: 0)
            var room = digest.mutableSpan
            stream.finish(into: &room)
            return RecordTag(digest.span)
        } catch { throw KeyServiceError(error, what: "a record") }
    }
}
