internal import Glibc
internal import SecretMemory
internal import Supervision

/// Where a value comes from: a file, standard input, or a person at a terminal.
struct ValueInput {
    /// The file's path; nil for standard input.
    var file: String?

    /// Reads the value into guarded memory, byte for byte.
    func read(limit: Int, for name: String) throws -> SecretBytes {
        let value = try readBytes(limit: limit, for: name)
        guard value.count > 0 else {
            throw CommandFailure(
                .invalidInput, "the value is empty, and a value has at least 1 byte; nothing was changed")
        }
        return value
    }

    private func readBytes(limit: Int, for name: String) throws -> SecretBytes {
        if let file {
            let descriptor = unsafe open(file, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else {
                throw CommandFailure(
                    .invalidInput,
                    "\(file) can't be read: \(SystemError.words(errno)); check the path and its permissions")
            }
            defer { close(descriptor) }
            return try Self.bytes(of: descriptor, limit: limit, file)
        }
        guard isatty(STDIN_FILENO) == 1 else {
            return try Self.bytes(of: STDIN_FILENO, limit: limit, "standard input")
        }
        let value = try SecretBytes.prompting("Value of \(name): ")
        let again = try SecretBytes.prompting("The same again: ")
        guard value.isEqual(to: again) else {
            throw CommandFailure(.invalidInput, "the two are not the same; nothing was changed, try again")
        }
        return value
    }

    private static func bytes(of descriptor: Int32, limit: Int, _ source: String) throws -> SecretBytes {
        do {
            return try SecretBytes(reading: descriptor, limit: limit)
        } catch {
            switch error {
            case .tooLong:
                throw CommandFailure(
                    .invalidInput, "\(source) has more than \(limit) bytes; a value has at most that")
            case .readFailed(let code):
                throw CommandFailure(.invalidInput, "\(source) can't be read: \(SystemError.words(code))")
            default: throw error
            }
        }
    }
}
