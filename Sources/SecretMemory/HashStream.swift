import CSodium

/// BLAKE2b over a message that arrives in pieces; its state lives in guarded memory.
/// libsodium: `crypto_generichash_init`, `…_update`, `…_final`
///
/// `@unchecked Sendable`: see `GuardedCell`; all writing is `mutating`.
@safe
public struct HashStream: ~Copyable, @unchecked Sendable {
    private let cell: GuardedCell
    private let byteCount: Int

    /// Begins a hash of `byteCount` bytes (16…64) that anybody can check.
    public init(byteCount: Int = 32) throws(SecretMemoryError) {
        try unsafe self.init(keyBytes: UnsafeRawBufferPointer(start: nil, count: 0), byteCount: byteCount)
    }

    /// Begins a hash of `byteCount` bytes (16…64) that takes the key to make or check.
    public init(key: borrowing SymmetricKey, byteCount: Int = 32) throws(SecretMemoryError) {
        try unsafe self.init(keyBytes: key.bytes, byteCount: byteCount)
    }

    private init(keyBytes: UnsafeRawBufferPointer, byteCount: Int) throws(SecretMemoryError) {
        Hash.requireDigestLength(byteCount)
        cell = try GuardedCell(byteCount: crypto_generichash_statebytes())
        self.byteCount = byteCount
        unsafe crypto_generichash_init(state, keyBytes.baseAddress, keyBytes.count, byteCount)
    }

    /// Adds a piece of the message.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        unsafe crypto_generichash_update(state, bytes.baseAddress, UInt64(bytes.count))
    }

    /// Adds a piece of the message.
    public mutating func update(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBytes { unsafe update($0) }
    }

    /// Adds a piece of the message.
    public mutating func update(_ bytes: [UInt8]) {
        update(bytes.span)
    }

    /// Ends the hash.
    public consuming func finish() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: byteCount)
        unsafe digest.withUnsafeMutableBytes {
            _ = unsafe crypto_generichash_final(state, $0.baseAddress!, $0.count)
        }
        return digest
    }

    /// Ends the hash and puts it into `digest`, which has the length given at the start; allocates nothing.
    public consuming func finish(into digest: inout MutableSpan<UInt8>) {
        precondition(digest.count == byteCount, "the digest has another length than was announced")
        unsafe digest.withUnsafeMutableBytes {
            _ = unsafe crypto_generichash_final(state, $0.baseAddress!, $0.count)
        }
    }

    /// Cells are aligned to 64 bytes, as the state has to be.
    private var state: OpaquePointer { unsafe OpaquePointer(cell.memory.baseAddress!) }
}
