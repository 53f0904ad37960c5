public import CofferCore
public import SecretMemory

/// One request as it came in, complete. Whoever takes it owns its body.
///
/// Frozen, so that its body can be taken out of it in other modules.
@frozen public struct ControlRequest: ~Copyable, Sendable {
    /// Who asks, as the kernel says of the connection's socket (SO_PEERCRED, SO_PEERGROUPS). Never from the message.
    public let caller: Caller
    /// The operation, from the header `X-Amz-Target`: 1 to 256 visible ASCII characters.
    public let target: String
    /// The message, in guarded memory.
    public var body: SecretBytes

    /// Makes a request; the server does, and tests of a handler.
    public init(caller: Caller, target: String, body: consuming SecretBytes) {
        self.caller = caller
        self.target = target
        self.body = body
    }
}
