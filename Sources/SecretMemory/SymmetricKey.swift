import CSodium

/// A key of 32 bytes in guarded memory, for `AEAD` and `KeyedHash`.
///
/// `@unchecked Sendable`: see `GuardedCell`; a key never changes once it is made.
@safe
public struct SymmetricKey: ~Copyable, @unchecked Sendable {
    /// Bytes of every key.
    public static let byteCount = 32

    let cell: GuardedCell

    /// Makes a key of whatever `fill` writes into the 32 zeroed bytes.
    init(
        filling fill: (UnsafeMutableRawBufferPointer) throws(SecretMemoryError) -> Void
    ) throws(SecretMemoryError) {
        // Filled before it becomes `self`: a noncopyable value can't be left half made.
        let cell = try GuardedCell(byteCount: Self.byteCount)
        try unsafe fill(
            UnsafeMutableRawBufferPointer(start: cell.memory.baseAddress, count: Self.byteCount))
        self.cell = cell
    }

    /// Makes a new key. libsodium: `randombytes_buf`
    public static func random() throws(SecretMemoryError) -> SymmetricKey {
        try unsafe SymmetricKey { unsafe Random.fill($0) }
    }

    /// Copies exactly 32 bytes; the caller wipes the original. Throws `badLength` for any other number.
    public init(copying bytes: Span<UInt8>) throws(SecretMemoryError) {
        self = try unsafe bytes.withUnsafeBytes { (raw) throws(SecretMemoryError) in
            try unsafe SymmetricKey(copying: raw)
        }
    }

    /// Copies exactly 32 bytes; the caller wipes the original. Throws `badLength` for any other number.
    public init(copying bytes: UnsafeRawBufferPointer) throws(SecretMemoryError) {
        guard bytes.count == Self.byteCount else {
            throw .badLength(expected: Self.byteCount, actual: bytes.count)
        }
        try unsafe self.init { unsafe $0.copyMemory(from: bytes) }
    }

    /// Copies exactly 32 bytes of `bytes`. Throws `badLength` for any other number.
    public init(copying bytes: borrowing SecretBytes) throws(SecretMemoryError) {
        self = try unsafe bytes.withUnsafeBytes { (raw) throws(SecretMemoryError) in
            try unsafe SymmetricKey(copying: raw)
        }
    }

    /// Derives the key number `id` for the purpose `context` (8 ASCII bytes); the same call gives the same key.
    /// libsodium: `crypto_kdf_derive_from_key`
    public borrowing func derive(
        subkey id: UInt64, context: StaticString
    ) throws(SecretMemoryError) -> SymmetricKey {
        precondition(context.utf8CodeUnitCount == 8, "a context has exactly 8 bytes")
        let master = unsafe cell.memory.baseAddress!
        return try unsafe SymmetricKey { (subkey) throws(SecretMemoryError) in
            let result = unsafe context.utf8Start.withMemoryRebound(to: CChar.self, capacity: 8) {
                unsafe crypto_kdf_derive_from_key(subkey.baseAddress!, subkey.count, id, $0, master)
            }
            guard result == 0 else { throw .derivationFailed }
        }
    }

    /// Makes another one with the same bytes.
    public borrowing func copy() throws(SecretMemoryError) -> SymmetricKey {
        try unsafe SymmetricKey(copying: bytes)
    }

    /// Compares in constant time. libsodium: `sodium_memcmp`
    public borrowing func isEqual(to other: borrowing SymmetricKey) -> Bool {
        unsafe sodium_memcmp(cell.memory.baseAddress!, other.cell.memory.baseAddress!, Self.byteCount) == 0
    }

    /// Reads the 32 bytes.
    public borrowing func withBytes<R: ~Copyable, E: Error>(
        _ body: (Span<UInt8>) throws(E) -> R
    ) throws(E) -> R {
        try unsafe body(bytes.assumingMemoryBound(to: UInt8.self).span)
    }

    /// Reads the 32 bytes by their address, which is worthless after the closure.
    public borrowing func withUnsafeBytes<R: ~Copyable, E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try unsafe body(bytes)
    }

    /// The 32 bytes, valid while the key is.
    var bytes: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: cell.memory.baseAddress, count: Self.byteCount)
    }
}
