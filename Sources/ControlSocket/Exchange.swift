import CMicroHTTPD
import CofferCore
import SecretMemory

/// One request on its way in, from its head to the moment its answer is sent.
///
/// Not `Sendable`: libmicrohttpd calls for one connection on one thread only, that connection's.
final class Exchange {
    private let core: ServerCore
    private let caller: Caller
    private let target: String
    private var body: SecretBytes?
    /// Bytes that the ledger has on its books for the body.
    private var charged = 0
    /// Bytes thrown away after `refusal`: libmicrohttpd takes no answer in the middle of a body.
    private var discarded = 0
    private var refusal: Refusal?
    private var isUnderWay = false

    /// Begins a request; `declared` is its Content-Length, nil when its body is chunked.
    init(core: ServerCore, caller: Caller, target: String, declared: Int?) throws(RefusedError) {
        self.core = core
        self.caller = caller
        self.target = target
        guard declared ?? 0 <= core.bodyLimit else {
            throw RefusedError(.bodyTooLarge(limit: core.bodyLimit))
        }
        let capacity = declared ?? 0
        guard core.ledger.charge(capacity, to: caller.uid) else { throw RefusedError(.tooManyBytes) }
        charged = capacity
        do throws(SecretMemoryError) {
            body = try SecretBytes(capacity: capacity)
        } catch {
            // `deinit` gives back what was charged: every property has its value by now.
            throw RefusedError(.outOfMemory)
        }
    }

    deinit {
        core.ledger.discharge(charged, of: caller.uid)
        if isUnderWay { core.ledger.endRequest() }
    }

    /// Takes a piece of the body. False when the client goes on sending what was refused: then it is cut off.
    func receive(_ piece: UnsafeRawBufferPointer) -> Bool {
        if refusal == nil { refusal = unsafe store(piece) }
        guard refusal != nil else { return true }
        discarded += piece.count
        return discarded <= core.bodyLimit + (1 << 20)
    }

    private func store(_ piece: UnsafeRawBufferPointer) -> Refusal? {
        // Where this leaves early, the bytes taken here are wiped with `body`.
        guard var body = body.take() else { return .outOfMemory }
        let count = body.count + piece.count
        guard count <= core.bodyLimit else { return .bodyTooLarge(limit: core.bodyLimit) }
        if count > charged {
            guard core.ledger.charge(count - charged, to: caller.uid) else { return .tooManyBytes }
            charged = count
        }
        do throws(SecretMemoryError) {
            try unsafe body.append(piece)
            self.body = consume body
            return nil
        } catch {
            return .outOfMemory
        }
    }

    /// The body is complete: asks the handler, on this thread. Nil when there is no memory for an answer.
    func answer() -> ControlResponse? {
        if let refusal { return refusal.response() }
        guard let body = body.take() else { return Refusal.outOfMemory.response() }
        guard core.ledger.beginRequest() else { return Refusal.stopping.response() }
        isUnderWay = true
        defer { core.ledger.endHandler() }
        return core.handler(ControlRequest(caller: caller, target: target, body: body))
    }
}

/// Carries a refusal out of an initializer.
struct RefusedError: Error {
    let refusal: Refusal

    init(_ refusal: Refusal) { self.refusal = refusal }
}
