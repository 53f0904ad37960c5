internal import CofferCore
internal import Glibc

/// What a thread of a process that stands still is at: names and numbers of the kernel's. Source: proc(5), `/proc/PID/task`
struct ThreadReport: Sendable {
    var name: String
    /// One letter: R running, S and D waiting, T stopped, t held by a debugger.
    var state: String
    /// The function of the kernel that it waits in, and the system call's number.
    var wait: String
    var systemCall: String

    var json: JSONValue {
        .members(
            ("Name", .string(name)), ("State", .string(state)), ("WaitsIn", .string(wait)),
            ("SystemCall", .string(systemCall)))
    }

    /// The threads of a process; none where it has gone.
    static func threads(of process: pid_t) -> [ThreadReport] {
        let folder = "/proc/\(process)/task"
        return (directoryNames(folder) ?? []).prefix(64).map { thread in
            func line(_ name: String) -> String { firstLine("\(folder)/\(thread)/\(name)") }
            // The state follows the name, which is in parentheses and may hold any character.
            let state = line("stat").split(separator: ")").last?.split(separator: " ").first.map(String.init)
            return ThreadReport(
                name: line("comm"), state: state ?? "?", wait: line("wchan"),
                systemCall: line("syscall").split(separator: " ").first.map(String.init) ?? "?")
        }
    }

    private static func firstLine(_ path: String) -> String {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = unsafe read(descriptor, &bytes, bytes.count)
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        return text.split(separator: "\n").first.map(String.init) ?? ""
    }
}
