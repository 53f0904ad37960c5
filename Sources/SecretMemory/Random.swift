import CSodium

/// Random numbers of the kernel's generator, good for keys. libsodium: `randombytes_buf`
public enum Random {
    /// `count` random bytes that are no secret: nonces, salts, identifiers.
    public static func bytes(_ count: Int) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            unsafe fill(UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count))
            initialized = count
        }
    }

    /// Overwrites all of `span` with random bytes.
    public static func fill(_ span: inout MutableSpan<UInt8>) {
        unsafe span.withUnsafeMutableBytes { unsafe fill($0) }
    }

    /// Overwrites all of `buffer` with random bytes.
    public static func fill(_ buffer: UnsafeMutableRawBufferPointer) {
        requireReady()
        guard let start = buffer.baseAddress else { return }
        unsafe randombytes_buf(start, buffer.count)
    }

    /// A number from 0 to `bound` - 1, each as likely; 0 for a bound below 2. libsodium: `randombytes_uniform`
    public static func uniform(below bound: UInt32) -> UInt32 {
        requireReady()
        return randombytes_uniform(bound)
    }

    /// Without random bytes there is nothing to go on with, and libsodium itself aborts as well.
    private static func requireReady() {
        guard Sodium.isReady else { fatalError("\(SecretMemoryError.initializationFailed)") }
    }
}
