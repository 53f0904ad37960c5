import Glibc
import Synchronization

extension SecretBytes {
    /// Longest answer a prompt takes, in bytes: what a terminal's line can hold.
    private static let promptLimit = 4095

    /// Shows `text` on the terminal and reads one line without echo straight into guarded memory; the newline is
    /// dropped.
    ///
    /// The terminal's settings come back on every way out, an interrupt or termination included; suspending (^Z) is
    /// ignored while it asks. One prompt at a time in a process.
    ///
    /// - Throws: `noTerminal`, `interrupted` (a signal that the process survives, or the end of the input before any
    ///   byte), `tooLong`, `readFailed`. Terminal: `/dev/tty`; system call: `tcsetattr`
    public static func prompting(_ text: String) throws(SecretMemoryError) -> SecretBytes {
        // Never waits in `read`: an interrupt discards a line that `poll` has already announced.
        let terminal = unsafe Glibc.open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)
        guard terminal >= 0 else { throw .noTerminal }
        defer { Glibc.close(terminal) }
        return try SilentTerminal.asking.withLock { (_) throws(SecretMemoryError) in
            let silence = try SilentTerminal(terminal)
            defer { silence.end() }
            show(text, on: terminal)
            return try readLine(from: terminal, silence)
        }
    }

    private static func show(_ text: String, on terminal: Int32) {
        // A prompt that can't be shown is no reason not to read the answer.
        var text = text
        text.withUTF8 { _ = unsafe Glibc.write(terminal, $0.baseAddress, $0.count) }
    }

    private static func readLine(
        from terminal: Int32, _ silence: borrowing SilentTerminal
    ) throws(SecretMemoryError) -> SecretBytes {
        var line = try SecretBytes(capacity: promptLimit + 1)
        while line.count <= promptLimit {
            try silence.wait()
            // One byte a call, so that nothing behind the newline is taken.
            let got = unsafe Glibc.read(terminal, line.cell.memory.baseAddress! + line.count, 1)
            if got == 0 {
                guard line.count > 0 else { throw .interrupted }
                return line
            }
            if got < 0 {
                guard errno == EINTR || errno == EAGAIN else { throw .readFailed(errno: errno) }
                continue
            }
            line.count += 1
            if unsafe line.cell.memory[line.count - 1] == UInt8(ascii: "\n") {
                line.dropTrailingNewline()
                return line
            }
        }
        throw .tooLong(limit: promptLimit)
    }
}
