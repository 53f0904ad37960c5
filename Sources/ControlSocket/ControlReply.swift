public import SecretMemory

/// What the server answered, as the client got it.
///
/// Frozen, so that its body can be taken out of it in other modules.
@frozen public struct ControlReply: ~Copyable, Sendable {
    /// The HTTP status.
    public let status: Int
    /// The value of the header `x-amzn-ErrorType`, nil where there was none.
    public let errorType: String?
    /// The message, in guarded memory.
    public var body: SecretBytes
}
