import Foundation
import SecretMemory
import Testing

/// A prompt needs a controlling terminal: each test makes one in a child process of its own.
@Suite("Prompt")
struct PromptTests {
    @Test("An answer is read without echo, and the echo comes back")
    func answer() async {
        await #expect(processExitsWith: .success) {
            let terminal = Terminal(answering: "hunter2\nleft over\n")
            let answer = try SecretBytes.prompting("Passphrase: ")
            guard answer.exposed == Array("hunter2".utf8) else { exit(2) }
            exit(terminal.wasSilent && terminal.echoes ? 0 : 3)
        }
    }

    @Test("An interrupt that the process survives throws, and the echo is back")
    func interrupt() async {
        await #expect(processExitsWith: .success) {
            signal(SIGINT) { _ in }
            let terminal = Terminal(answering: "half\u{3}")
            guard
                failure(of: { () throws(SecretMemoryError) in _ = try SecretBytes.prompting("Passphrase: ") })
                    == .interrupted
            else { exit(2) }
            exit(terminal.wasSilent && terminal.echoes ? 0 : 4)
        }
    }

    @Test("An interrupt ends a process that does not care for it")
    func interruptEnds() async {
        await #expect(processExitsWith: .signal(SIGINT)) {
            let terminal = Terminal(answering: "half\u{3}")
            _ = try SecretBytes.prompting("Passphrase: ")
            exit(terminal.wasSilent ? 1 : 2)
        }
    }

    @Test("The end of the input before any byte throws")
    func endOfInput() async {
        await #expect(processExitsWith: .success) {
            let terminal = Terminal(answering: "\u{4}")
            guard
                failure(of: { () throws(SecretMemoryError) in _ = try SecretBytes.prompting("Passphrase: ") })
                    == .interrupted
            else { exit(2) }
            exit(terminal.echoes ? 0 : 4)
        }
    }

    @Test("Without a terminal there is nothing to ask at")
    func noTerminal() async {
        await #expect(processExitsWith: .success) {
            guard setsid() >= 0 || getsid(0) == getpid() else { exit(9) }
            exit(
                failure(of: { () throws(SecretMemoryError) in _ = try SecretBytes.prompting("Passphrase: ") })
                    == .noTerminal ? 0 : 2)
        }
    }
}

/// A pseudo-terminal that becomes this process's own, with somebody who answers its prompt.
private final class Terminal: Sendable {
    private let controller: Int32
    private let silent = LockedCount()

    /// Types `answer` once the prompt is shown.
    init(answering answer: String) {
        guard setsid() >= 0 || getsid(0) == getpid() else { exit(90) }
        controller = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY)
        // TIOCSPTLCK and TIOCGPTN, which Swift does not import: unlock the other side, and learn its number.
        var unlocked: Int32 = 0
        var number: Int32 = 0
        guard unsafe ioctl(controller, 0x4004_5431, &unlocked) == 0,
            unsafe ioctl(controller, 0x8004_5430, &number) == 0,
            // The first terminal that a leader of a session opens becomes its own.
            unsafe open("/dev/pts/\(number)", O_RDWR) >= 0
        else { exit(91) }
        Thread.detachNewThread { [self] in
            var shown: [UInt8] = []
            while !shown.ends(with: Array("Passphrase: ".utf8)) {
                var byte: UInt8 = 0
                guard unsafe read(controller, &byte, 1) == 1 else { exit(92) }
                shown.append(byte)
            }
            if !echoes { silent.add() }
            let bytes = Array(answer.utf8)
            _ = unsafe write(controller, bytes, bytes.count)
        }
    }

    /// Whether the echo was off when the prompt stood there.
    var wasSilent: Bool { silent.value == 1 }

    /// Whether the echo is on now.
    var echoes: Bool {
        var settings = termios()
        guard unsafe tcgetattr(controller, &settings) == 0 else { exit(93) }
        return settings.c_lflag & tcflag_t(ECHO) != 0
    }
}

extension [UInt8] {
    fileprivate func ends(with tail: [UInt8]) -> Bool { suffix(tail.count).elementsEqual(tail) }
}
