internal import CofferCore
internal import Glibc

/// What /proc tells of a caller's process, looked up when it is first asked for. One for each request.
///
/// A fact that can't be established (the process is gone, or in another PID namespace) is nil.
final class ProcessFacts: CallerFacts {
    private let caller: Caller
    private var knownGroups: [UInt32]??
    private var knownExecutable: String??
    private var knownCgroup: String??

    init(of caller: Caller) {
        self.caller = caller
        if let groups = caller.groups { knownGroups = .some(groups) }
    }

    /// The supplementary groups. Source: proc(5), `/proc/PID/status`, "Groups".
    func groups() -> [UInt32]? {
        if let knownGroups { return knownGroups }
        let groups = readGroups()
        knownGroups = .some(groups)
        return groups
    }

    /// The path of the executable. Source: proc(5), `/proc/PID/exe`.
    func executable() -> String? {
        if let knownExecutable { return knownExecutable }
        let path = readExecutable()
        knownExecutable = .some(path)
        return path
    }

    /// The path of the control group. Source: cgroups(7), `/proc/PID/cgroup`, the line of hierarchy 0.
    func cgroup() -> String? {
        if let knownCgroup { return knownCgroup }
        let path = readLines(of: "cgroup")?.first { $0.hasPrefix("0::") }.map { String($0.dropFirst(3)) }
        knownCgroup = .some(path)
        return path
    }

    private func readGroups() -> [UInt32]? {
        guard let line = readLines(of: "status")?.first(where: { $0.hasPrefix("Groups:") }) else {
            return nil
        }
        return line.dropFirst("Groups:".count).split(whereSeparator: { $0 == " " || $0 == "\t" }).compactMap {
            UInt32($0)
        }
    }

    private func readExecutable() -> String? {
        guard caller.pid > 0 else { return nil }
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer -> String? in
            let start = buffer.baseAddress!
            unsafe Self.writePath(of: caller.pid, to: start)
            let count = unsafe readlink(start, start + 32, buffer.count - 32)
            guard count > 0 else { return nil }
            return unsafe UnsafeRawPointer(start + 32).withMemoryRebound(to: UInt8.self, capacity: count) {
                unsafe String(decoding: UnsafeBufferPointer(start: $0, count: count), as: UTF8.self)
            }
        }
    }

    /// Writes `/proc/PID/exe` and a zero; at most 21 bytes. Each open needs it, and interpolation takes as long as the kernel.
    private static func writePath(of pid: Int32, to start: UnsafeMutablePointer<CChar>) {
        var digits = 1
        var bound: Int64 = 10
        while Int64(pid) >= bound { (digits, bound) = (digits + 1, bound * 10) }
        let prefix: StaticString = "/proc/"
        let suffix: StaticString = "/exe"
        unsafe memcpy(start, prefix.utf8Start, 6)
        var rest = pid
        for index in stride(from: 5 + digits, to: 5, by: -1) {
            unsafe start[index] = CChar(48 + rest % 10)
            rest /= 10
        }
        unsafe memcpy(start + 6 + digits, suffix.utf8Start, 5)
    }

    private func readLines(of file: String) -> [Substring]? {
        guard caller.pid > 0 else { return nil }
        let descriptor = unsafe open("/proc/\(caller.pid)/\(file)", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        // A process may be in 65,536 groups: read until the end.
        var text: [UInt8] = []
        while true {
            let more = unsafe withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer -> Int in
                let count = unsafe read(descriptor, buffer.baseAddress!, buffer.count)
                if count > 0 { unsafe text.append(contentsOf: buffer[..<count]) }
                return count
            }
            if more == 0 { return String(decoding: text, as: UTF8.self).split(separator: "\n") }
            if more < 0 { return nil }
        }
    }
}
