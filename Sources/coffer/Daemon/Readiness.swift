internal import Glibc

/// Tells who waits for it that the daemon serves: a descriptor of the starter's, and systemd.
struct Readiness {
    /// The descriptor on which to write `READY=1`, or nil.
    var descriptor: Int32?

    /// Says once that everything is ready.
    func announce() {
        if let descriptor {
            write("READY=1\n", to: descriptor)
            close(descriptor)
        }
        notifySystemd("READY=1\nSTATUS=serving\n")
    }

    /// Says that the end has begun.
    func announceStop() { notifySystemd("STOPPING=1\n") }

    /// Sends a datagram to the service manager. Source: sd_notify(3).
    private func notifySystemd(_ message: String) {
        guard let path = unsafe getenv("NOTIFY_SOCKET").map({ unsafe String(cString: $0) }), !path.isEmpty
        else { return }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(path.utf8)
        if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 }
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                _ = unsafe sendto(
                    descriptor, message, message.utf8.count, Int32(MSG_NOSIGNAL), pointer, length)
            }
        }
    }

    private func write(_ text: String, to descriptor: Int32) {
        var text = text
        text.withUTF8 { _ = unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }
}
