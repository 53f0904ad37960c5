internal import Glibc

/// Which process a thread belongs to, and who its parents are. Source: proc(5), `/proc/PID/status`.
enum ProcessTree {
    /// The process of a thread; nil where it isn't there (any more).
    static func process(ofThread thread: Int32) -> Int32? { read(thread)?.process }

    /// Whether a thread belongs to a process that another one opened a file in, or to a descendant of it.
    static func isThread(_ thread: Int32, ofProcess process: Int32, orDescendants: Bool) -> Bool {
        guard thread > 0, process > 0 else { return false }
        if thread == process { return true }
        var next = thread
        // A shell's children are one or two levels down; a chain that is longer is somebody else's.
        for _ in 0..<8 {
            guard let status = read(next) else { return false }
            if status.process == process { return true }
            guard orDescendants, status.parent > 1 else { return false }
            next = status.parent
        }
        return false
    }

    /// The name of the program that a process runs, as the kernel has it: up to 15 bytes. Source: proc(5), `/proc/PID/comm`.
    static func program(ofProcess process: Int32) -> String? {
        guard process > 0 else { return nil }
        let descriptor = unsafe open("/proc/\(process)/comm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return unsafe withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { buffer in
            let count = unsafe Glibc.read(descriptor, buffer.baseAddress!, buffer.count)
            guard count > 1 else { return nil }
            return unsafe String(
                decoding: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<(count - 1)]),
                as: UTF8.self)
        }
    }

    private static func read(_ thread: Int32) -> (process: Int32, parent: Int32)? {
        guard thread > 0 else { return nil }
        let descriptor = unsafe open("/proc/\(thread)/status", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return unsafe withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 1) { buffer in
            let count = unsafe Glibc.read(descriptor, buffer.baseAddress!, buffer.count)
            guard count > 0 else { return nil }
            let text = unsafe String(
                decoding: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]),
                as: UTF8.self)
            guard let process = number(after: "\nTgid:", in: text),
                let parent = number(after: "\nPPid:", in: text)
            else { return nil }
            return (process, parent)
        }
    }

    private static func number(after label: String, in text: String) -> Int32? {
        guard let start = text.firstRange(of: label)?.upperBound else { return nil }
        return Int32(text[start...].drop { $0 == "\t" || $0 == " " }.prefix { $0.isNumber })
    }
}
