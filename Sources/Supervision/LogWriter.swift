package import CofferCore
internal import Fuse
internal import Glibc
package import Logging
internal import Synchronization

/// Writes messages and reports from a thread of its own, so that whoever has something to say never waits for the disk that
/// keeps it, nor for who should read it.
package final class LogWriter: Sendable {
    private struct State {
        var lines: [(text: String, path: String?)] = []
        var dropped = 0
        var isStarted = false
    }

    /// How many lines may wait; what comes on top is counted, and the count told.
    private static let limit = 1000

    /// This process's.
    package static let shared = LogWriter()

    private let state = Mutex(State())
    private let wake = try? EventCounter()

    /// Writes on a thread of its own from now on; before, whoever logs does.
    package func begin() {
        let isFirst = state.withLock { state in
            defer { state.isStarted = true }
            return !state.isStarted
        }
        guard isFirst, let wake else { return }
        guard let thread = try? PlainThread.start({ [self] in run(wake) }) else {
            state.withLock { $0.isStarted = false }
            return
        }
        pthread_detach(thread)
    }

    /// Writes a line to standard error, or appends it to a file.
    package func write(_ text: String, to path: String? = nil) {
        let isQueued = state.withLock { state in
            guard state.isStarted else { return false }
            if state.lines.count < Self.limit { state.lines.append((text, path)) } else { state.dropped += 1 }
            return true
        }
        if isQueued { wake?.signal() } else { Self.put(text, to: path) }
    }

    /// Waits until everything is written, but not for longer than a time.
    package func flush(milliseconds: Int = 500) {
        for _ in 0..<milliseconds {
            if state.withLock({ !$0.isStarted || $0.lines.isEmpty }) { return }
            usleep(1000)
        }
    }

    private func run(_ wake: EventCounter) {
        while true {
            wake.wait()
            while let line = state.withLock({ $0.lines.first }) {
                Self.put(line.text, to: line.path)
                let dropped = state.withLock { state in
                    state.lines.removeFirst()
                    defer { if state.lines.isEmpty { state.dropped = 0 } }
                    return state.lines.isEmpty ? state.dropped : 0
                }
                if dropped > 0 {
                    Self.put(
                        "\(dropped) messages were lost: they came faster than they could be written", to: nil)
                }
            }
        }
    }

    private static func put(_ text: String, to path: String?) {
        var descriptor = STDERR_FILENO
        if let path {
            descriptor = unsafe open(
                path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, mode_t(0o600))
            guard descriptor >= 0 else { return }
        }
        defer { if path != nil { close(descriptor) } }
        var line = text + "\n"
        line.withUTF8 { bytes in
            var rest = unsafe bytes[...]
            while unsafe !rest.isEmpty {
                let count = unsafe Glibc.write(
                    descriptor, UnsafeBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                unsafe rest = rest.dropFirst(count)
            }
        }
    }
}

/// Hands messages to the process's `LogWriter`: time, level, text.
package struct LogWriterHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var logLevel = Logger.Level.info

    package init() {}

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        LogWriter.shared.write("\(Timestamp.now.text) \(event.level) \(event.message)")
    }
}

extension Timestamp {
    /// The time of day. Source: `clock_gettime(CLOCK_REALTIME)`.
    package static var now: Timestamp {
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        return Timestamp(milliseconds: Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000)
    }
}
