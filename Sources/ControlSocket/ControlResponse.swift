public import SecretMemory

/// The answer to one request. The server closes the connection after each.
///
/// Frozen, so that its body can be taken out of it in other modules.
@frozen public struct ControlResponse: ~Copyable, Sendable {
    /// The type of every body on this socket.
    public static let jsonContentType = "application/x-amz-json-1.1"

    /// The HTTP status, 200…599.
    public var status: Int
    /// The value of the header `x-amzn-ErrorType`; nil for a success. Letters, digits and punctuation only.
    public var errorType: String?
    /// The message, in guarded memory; sent from there and wiped when it has gone out.
    public var body: SecretBytes
    /// The value of the header `Content-Type`.
    public var contentType: String

    /// Makes an answer.
    public init(
        status: Int = 200, errorType: String? = nil, body: consuming SecretBytes,
        contentType: String = ControlResponse.jsonContentType
    ) {
        self.status = status
        self.errorType = errorType
        self.body = body
        self.contentType = contentType
    }
}
