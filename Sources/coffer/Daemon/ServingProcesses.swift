internal import Fuse
internal import Glibc
internal import Logging
internal import SecretMemory

/// A process that serves, will, or might.
struct ServingProcess {
    let process: pid_t
    private(set) var socket: HandoverSocket
    /// Whether it has said that it can open the store's format.
    var isFit = false
    var isServing = false
    /// When it was started, or took over.
    var since = ContinuousClock.now
    /// When it was last heard of.
    var lastSign = ContinuousClock.now

    init(process: pid_t, socket: HandoverSocket) {
        self.process = process
        self.socket = socket
    }

    /// Gives the socket up: nothing is to be heard any more.
    mutating func hangUp() {
        socket.close()
        socket = HandoverSocket(descriptor: -1)
    }

    /// Ends it and waits for that.
    func end() {
        socket.close()
        kill(process, SIGKILL)
        _ = ChildProcess.wait(for: process)
    }
}

/// Starts the processes that serve, and holds what they get: the program, and the root key in guarded memory.
final class ServingProcesses {
    private let settings: Daemon.Settings
    private let arguments: [String]
    private let logger: Logger
    private var key: SecretBytes?
    private var inbox: SecretBytes
    /// The program that they run.
    var program = ChildProcess.ownProgram

    /// - Parameter arguments: those of a process that serves, without the program's name.
    init(settings: Daemon.Settings, arguments: [String], logger: Logger) throws(DaemonError) {
        self.settings = settings
        self.arguments = arguments
        self.logger = logger
        do {
            inbox = try SecretBytes(zeroedCount: Handover.limit)
        } catch {
            throw .memory(error)
        }
    }

    /// Starts one that has no key yet.
    func start() throws(DaemonError) -> ServingProcess {
        let ends: (HandoverSocket, HandoverSocket)
        do {
            ends = try HandoverSocket.pair()
        } catch {
            throw .system("no socket is left: \(error)")
        }
        defer { ends.1.close() }
        let started = ChildProcess.start(
            program, ["coffer"] + arguments, descriptors: [(Handover.descriptor, ends.1.descriptor)])
        switch started {
        case .success(let process):
            return ServingProcess(process: process, socket: ends.0)
        case .failure(let code):
            ends.0.close()
            throw .system("a process to serve could not be started: \(code.words)")
        }
    }

    /// Starts one up to where it waits for its turn; nil where that fails, or there is no key for it.
    func startSpare() -> ServingProcess? {
        guard canUnlock else { return nil }
        do throws(DaemonError) {
            let spare = try start()
            sendKey(to: spare)
            spare.socket.send(.check)
            return spare
        } catch {
            logger.error("\(error.message)")
            return nil
        }
    }

    /// Whether a process can open the store without a person.
    var canUnlock: Bool {
        switch key {
        case .some: true
        case .none: settings.keyFile != nil
        }
    }

    private func sendKey(to process: ServingProcess) {
        switch key {
        case .some(let key):
            do throws(SecretMemoryError) {
                try process.socket.send(.key, secret: key)
            } catch {
                logger.error("no guarded memory is left to hand the key over: \(error.description)")
            }
        case .none:
            process.socket.send(.keyFile)
        }
    }

    /// Waits for a message of one, and keeps the key if it brings one; nil where it has ended.
    func receive(from process: ServingProcess) -> Handover.Letter? {
        let message = process.socket.receive(into: &inbox)
        if message.letter == .opened, message.count > 1 { key = try? inbox.part(1..<message.count) }
        return message.letter
    }
}
