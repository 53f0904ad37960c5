internal import Fuse
internal import Glibc
internal import Logging
internal import SecretMemory

/// Starts the processes that serve, and holds what they get: the root key in guarded memory.
final class ServingProcesses {
    private let hasKeyFile: Bool
    private let arguments: [String]
    private let logger: Logger
    private var key: SecretBytes?
    private var inbox: SecretBytes

    /// - Parameter arguments: those of a process that serves, without the program's name.
    init(hasKeyFile: Bool, arguments: [String], logger: Logger) throws(SupervisorError) {
        self.hasKeyFile = hasKeyFile
        self.arguments = arguments
        self.logger = logger
        do {
            inbox = try SecretBytes(zeroedCount: Handover.limit)
        } catch {
            throw .memory(error)
        }
    }

    /// Starts one that has no key yet.
    func start(_ program: String) throws(SupervisorError) -> ServingProcess {
        let ends: (HandoverSocket, HandoverSocket)
        let crashMemory: Int32
        do throws(Errno) {
            crashMemory = try SharedMemory.make("coffer crash")
            ends = try HandoverSocket.pair()
        } catch {
            throw .system("no socket is left: \(error)")
        }
        defer { ends.1.close() }
        let started = ChildProcess.start(
            program, ["coffer"] + arguments,
            descriptors: [
                (Handover.descriptor, ends.1.descriptor), (Handover.crashDescriptor, crashMemory),
            ])
        switch started {
        case .success(let process):
            return ServingProcess(process: process, socket: ends.0, crashMemory: crashMemory)
        case .failure(let code):
            ends.0.close()
            close(crashMemory)
            throw .system("a process to serve could not be started: \(code.words)")
        }
    }

    /// Starts one up to where it waits for its turn; nil where that fails, or there is no key for it.
    func startSpare(_ program: String) -> ServingProcess? {
        guard canUnlock else { return nil }
        do throws(SupervisorError) {
            let spare = try start(program)
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
        case .none: hasKeyFile
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

    /// A message of a process that serves.
    struct Message {
        /// nil where it has ended.
        var letter: Handover.Letter?
        /// What follows, where it is no secret.
        var text = ""
        var descriptors: [Int32] = []
    }

    /// Waits for a message of one, and keeps the key if it brings one.
    func receive(from process: ServingProcess) -> Message {
        let message = process.socket.receive(into: &inbox)
        if message.letter == .opened {
            if message.count > 1 { key = try? inbox.part(1..<message.count) }
            return Message(letter: .opened)
        }
        let text = message.count > 1 ? String(decoding: inbox.openPart(1..<message.count), as: UTF8.self) : ""
        return Message(letter: message.letter, text: text, descriptors: message.descriptors)
    }
}
