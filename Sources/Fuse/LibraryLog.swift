import CFuse
import Glibc
import Synchronization

/// Keeps what libfuse says last, instead of letting it write to standard error.
///
/// libfuse reports why a mount failed in words only. Its log is one for the process, so mounts take turns.
enum LibraryLog {
    private static let last = Mutex<String>("")
    private static let turn = Mutex<Void>(())

    private static let isInstalled: Bool = {
        unsafe fuse_set_log_func { _, format, arguments in
            guard let format = unsafe format, let arguments = unsafe arguments else { return }
            unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer in
                guard let base = buffer.baseAddress else { return }
                guard unsafe vsnprintf(base, buffer.count, format, arguments) >= 0 else { return }
                var text = unsafe String(cString: base)
                while text.last == "\n" { text.removeLast() }
                LibraryLog.last.withLock { $0 = text }
            }
        }
        return true
    }()

    /// Runs `body`, and answers with what libfuse said last while it ran.
    static func capturing<R>(_ body: () -> R) -> (result: R, said: String) {
        guard isInstalled else { return (body(), "") }
        return turn.withLock { _ in
            last.withLock { $0 = "" }
            let result = body()
            let said = last.withLock { $0 }
            return (result, said.isEmpty ? "no reason given" : said)
        }
    }
}
