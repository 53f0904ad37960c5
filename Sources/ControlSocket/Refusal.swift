import SecretMemory

/// The answers that the server gives by itself, before or instead of the handler's.
enum Refusal {
    case wrongPath, wrongMethod, noTarget, badTarget
    case bodyTooLarge(limit: Int)
    case tooManyBytes, outOfMemory, stopping

    var status: Int {
        switch self {
        case .wrongPath: 404
        case .wrongMethod: 405
        case .noTarget, .badTarget: 400
        case .bodyTooLarge: 413
        case .tooManyBytes: 429
        case .outOfMemory, .stopping: 503
        }
    }

    var errorType: String {
        switch self {
        case .wrongPath, .wrongMethod, .noTarget, .badTarget: "UnknownOperationException"
        case .bodyTooLarge: "RequestTooLargeException"
        case .tooManyBytes: "ThrottlingException"
        case .outOfMemory, .stopping: "ServiceUnavailableException"
        }
    }

    private var text: String {
        switch self {
        case .wrongPath: "The control socket serves the path / only."
        case .wrongMethod: "The control socket takes POST requests only."
        case .noTarget: "Name the operation in the header X-Amz-Target."
        case .badTarget: "The header X-Amz-Target must be 1 to 256 visible ASCII characters."
        case .bodyTooLarge(let limit): "The message is longer than \(limit) bytes; send a smaller value."
        case .tooManyBytes: "You have too many large requests under way; wait for them and try again."
        case .outOfMemory:
            "There is no guarded memory for this message; raise the daemon's memory lock limit."
        case .stopping: "The daemon is stopping; try again when the store is mounted again."
        }
    }

    /// The body; the texts hold nothing that JSON would have to escape.
    var json: String { #"{"__type":"\#(errorType)","message":"\#(text)"}"# }

    /// The whole answer; nil when there is not even memory for this.
    func response() -> ControlResponse? {
        do throws(SecretMemoryError) {
            let body = try SecretBytes(copying: Array(json.utf8).span)
            return ControlResponse(status: status, errorType: errorType, body: body)
        } catch {
            return nil
        }
    }
}
