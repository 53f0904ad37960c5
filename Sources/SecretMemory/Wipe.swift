import CSodium

extension UnsafeMutableRawBufferPointer {
    /// Fills the bytes with zeros, in a way that the compiler doesn't leave out. libsodium: `sodium_memzero`
    @unsafe
    public func wipe() {
        guard let start = baseAddress else { return }
        unsafe sodium_memzero(start, count)
    }
}
