import SecretMemory

/// Seals and opens values, given the backing key.
struct SealedValue {
    var binding: ValueBinding

    init(store: StoreID, context: ValueContext, head: SealedValueHead) {
        binding = ValueBinding(store: store.words, context: context, head: head)
    }

    private var head: SealedValueHead { binding.head }

    /// Seals `plaintext`, whose length the head tells, under a data key made for it.
    func seal(
        _ plaintext: Span<UInt8>, with backingKey: borrowing SymmetricKey
    ) throws(SecretMemoryError) -> [UInt8] {
        let dataKey = try SymmetricKey.random()
        var sealed: [UInt8] = []
        sealed.reserveCapacity(head.sealedByteCount)
        head.write(to: &sealed)
        let keyBinding = binding.dataKey()
        try dataKey.withBytes { (bytes) throws(SecretMemoryError) in
            try AEAD.seal(bytes, with: backingKey, associatedData: keyBinding.span, appendingTo: &sealed)
        }
        for index in 0..<head.segmentCount {
            let segmentBinding = binding.segment(index)
            try AEAD.seal(
                plaintext.extracting(head.plaintextRange(ofSegment: index)), with: dataKey,
                associatedData: segmentBinding.span, appendingTo: &sealed)
        }
        return sealed
    }

    /// Opens `range`, which lies within the value, into the start of `destination`, which has room for it.
    func open(
        _ sealed: Span<UInt8>, range: Range<Int>, with backingKey: borrowing SymmetricKey,
        into destination: inout MutableSpan<UInt8>
    ) throws(SecretMemoryError) {
        let keyBinding = binding.dataKey()
        let dataKey = try AEAD.openKey(
            sealed.extracting(SealedValueHead.clearByteCount..<SealedValueHead.byteCount), with: backingKey,
            associatedData: keyBinding.span)
        guard !range.isEmpty else { return }
        let first = range.lowerBound / SealedValueHead.segmentByteCount
        let last = (range.upperBound - 1) / SealedValueHead.segmentByteCount
        var written = 0
        do {
            for index in first...last {
                written += try open(
                    segment: index, of: sealed, range: range, with: dataKey, into: &destination, at: written)
            }
        } catch {
            // Segments before the damaged one were good, but half a value is none.
            destination.update(repeating: 0)
            throw error
        }
    }

    /// Opens what `range` wants of one segment to `offset` of `destination`, and returns how much that was.
    @inline(__always)
    private func open(
        segment index: Int, of sealed: Span<UInt8>, range: Range<Int>, with dataKey: borrowing SymmetricKey,
        into destination: inout MutableSpan<UInt8>, at offset: Int
    ) throws(SecretMemoryError) -> Int {
        let segmentBinding = binding.segment(index)
        let segment = sealed.extracting(head.sealedRange(ofSegment: index))
        let whole = head.plaintextRange(ofSegment: index)
        let wanted = whole.clamped(to: range)
        if wanted == whole {
            var room = destination._mutatingExtracting(offset..<offset + whole.count)
            return try AEAD.open(
                segment, with: dataKey, associatedData: segmentBinding.span, into: &room)
        }
        // Only a whole segment can be authenticated: the rest of it is wiped with this copy.
        let plaintext = try AEAD.open(segment, with: dataKey, associatedData: segmentBinding.span)
        plaintext.withBytes { text in
            let start = wanted.lowerBound - whole.lowerBound
            for index in 0..<wanted.count { destination[offset + index] = text[start + index] }
        }
        return wanted.count
    }
}
