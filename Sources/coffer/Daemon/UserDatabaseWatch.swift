internal import Fuse
internal import Glibc

/// Tells when the machine's users or groups change. Source: inotify(7), on /etc/passwd and /etc/group.
///
/// Users from elsewhere (LDAP, systemd-userdb) change unseen; the daemon looks again each hour.
enum UserDatabaseWatch {
    private static let names: Set<String> = ["passwd", "group"]

    /// Calls the body after each change, on a thread of its own, for as long as the process lives.
    static func start(_ body: @escaping @Sendable () -> Void) throws(Errno) {
        let descriptor = inotify_init1(Int32(IN_CLOEXEC))
        guard descriptor >= 0 else { throw Errno(rawValue: errno) }
        // The directory, since both are replaced by renames.
        let events = UInt32(IN_CLOSE_WRITE | IN_MOVED_TO)
        guard unsafe inotify_add_watch(descriptor, "/etc", events) >= 0 else {
            let code = errno
            close(descriptor)
            throw Errno(rawValue: code)
        }
        let thread = try PlainThread.start {
            while let changed = next(descriptor) {
                if !names.isDisjoint(with: changed) { body() }
            }
        }
        pthread_detach(thread)
    }

    /// Waits for events, and gives the names that they are about; nil where there will be no more.
    private static func next(_ descriptor: Int32) -> Set<String>? {
        unsafe withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
            let count = unsafe read(descriptor, buffer.baseAddress!, buffer.count)
            guard count > 0 else { return errno == EINTR ? [] : nil }
            var names: Set<String> = []
            var offset = 0
            let head = MemoryLayout<inotify_event>.size
            while offset + head <= count {
                let length = unsafe Int(buffer.load(fromByteOffset: offset + 12, as: UInt32.self))
                let name = unsafe UnsafeRawBufferPointer(buffer)[offset + head..<offset + head + length]
                unsafe names.insert(String(decoding: name.prefix { $0 != 0 }, as: UTF8.self))
                offset += head + length
            }
            return names
        }
    }
}
