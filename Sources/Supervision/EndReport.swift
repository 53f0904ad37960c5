internal import CofferCore
internal import Glibc

/// How a process that served came to its end, for who looks into it later: no contents of its memory.
struct EndReport: Sendable {
    let time = Timestamp.now
    let process: pid_t
    let version: String?
    /// In words.
    let end: String
    let servedSeconds: Int
    /// Which of the processes that served it was, from 0 on.
    let epoch: UInt32
    /// How many requests it had read and not answered.
    let requests: Int
    /// Where it crashed, function by function: library and offset in it.
    let trace: [String]
    let threads: [ThreadReport]

    private static let traceLimit = 8192

    init(_ process: ServingProcess, status: Int32, epoch: UInt32, requests: Int) {
        self.process = process.process
        version = process.version
        let how = status > 128 ? "was ended by \(Self.signal(status - 128))" : "ended with status \(status)"
        end = process.complaint.map { "\($0), and \(how)" } ?? how
        servedSeconds = process.isServing ? Int((ContinuousClock.now - process.since) / .seconds(1)) : 0
        self.epoch = epoch
        self.requests = requests
        trace = Self.trace(in: process.crashMemory)
        threads = process.threads
    }

    private static func signal(_ number: Int32) -> String {
        let name = unsafe strsignal(number).map { unsafe String(cString: $0) }
        return "signal \(number)" + (name.map { " (\($0))" } ?? "")
    }

    private static func trace(in memory: Int32) -> [String] {
        var bytes = [UInt8](repeating: 0, count: traceLimit)
        let count = unsafe pread(memory, &bytes, bytes.count, 0)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).split(separator: "\n").map(
            String.init)
    }

    /// One line, as the file of reports has it.
    var json: JSONValue {
        .members(
            ("Time", .string(time.text)), ("ProcessId", .int(process)),
            ("Version", version.map { .string($0) }),
            ("End", .string(end)), ("ServedSeconds", .int(servedSeconds)), ("Epoch", .int(epoch)),
            ("RequestsAtWork", .int(requests)),
            ("Trace", trace.isEmpty ? nil : .array(trace.map { .string($0) })),
            ("Threads", threads.isEmpty ? nil : .array(threads.map(\.json))))
    }

    /// For `coffer status`.
    var text: String { "\(time.text) process \(process) \(end) after \(servedSeconds) s" }
}
