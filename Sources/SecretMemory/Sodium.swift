import CSodium

/// The one start of libsodium in the process.
enum Sodium {
    /// Whether `sodium_init` succeeded; it runs once, at the first use. libsodium: `sodium_init`
    static let isReady: Bool = sodium_init() >= 0

    /// Throws `initializationFailed` unless libsodium has started.
    static func require() throws(SecretMemoryError) {
        // A `guard`, since -Ounchecked drops a `precondition` together with its side effect.
        guard isReady else { throw .initializationFailed }
    }
}
