import Glibc

extension Request {
    /// Reads the supplementary groups of the caller's thread; nil if they can't be told.
    ///
    /// They can be told while the caller waits, that is until its request is answered; afterwards the thread may
    /// have gone, or be another one. Costs about 10 µs. nil also for a caller in another PID namespace.
    public func supplementaryGroups() -> [UInt32]? {
        guard pid > 0 else { return nil }
        let descriptor = unsafe open("/proc/\(pid)/task/\(pid)/status", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { _ = close(descriptor) }

        // A thread may be in 65 536 groups, and their line then takes 700 KiB.
        var capacity = 4096
        while capacity <= 1 << 20 {
            let groups: [UInt32]?? = unsafe withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 16)
            {
                let count = unsafe pread(descriptor, $0.baseAddress, $0.count, 0)
                guard count > 0 else { return .some(nil) }
                guard count < $0.count else { return nil }
                return .some(unsafe Self.groups(inStatus: UnsafeRawBufferPointer(rebasing: $0[..<count])))
            }
            if let groups { return groups }
            capacity *= 4
        }
        return nil
    }

    /// Finds the numbers on the line "Groups:" of a thread's status; nil if it isn't there or holds anything else.
    static func groups(inStatus status: UnsafeRawBufferPointer) -> [UInt32]? {
        let label: StaticString = "\nGroups:"
        var position = 0
        let found = label.withUTF8Buffer { label -> Bool in
            while position + label.count <= status.count {
                if unsafe memcmp(status.baseAddress! + position, label.baseAddress!, label.count) == 0 {
                    position += label.count
                    return true
                }
                position += 1
            }
            return false
        }
        guard found else { return nil }

        var groups: [UInt32] = []
        var number: UInt32?
        while position < status.count {
            let byte = unsafe status[position]
            position += 1
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                let (tens, tooBig) = (number ?? 0).multipliedReportingOverflow(by: 10)
                let (sum, tooBigToo) = tens.addingReportingOverflow(UInt32(byte - UInt8(ascii: "0")))
                guard !tooBig, !tooBigToo else { return nil }
                number = sum
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"):
                if let number { groups.append(number) }
                number = nil
                if byte == UInt8(ascii: "\n") { return groups }
            default:
                return nil
            }
        }
        return nil
    }
}
