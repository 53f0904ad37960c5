internal import Fuse
internal import Glibc

/// systemd, or who speaks as it does. Source: sd_notify(3)
enum ServiceManager {
    /// Sends a message, with up to four descriptors; nothing happens where nobody listens.
    static func notify(_ message: String, descriptors: [Int32] = []) {
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
        let isConnected = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, length) == 0
            }
        }
        guard isConnected else { return }
        var text = message
        text.withUTF8 {
            _ = unsafe HandoverSocket(descriptor: descriptor).send(
                UnsafeRawBufferPointer($0), descriptors: descriptors)
        }
    }

    /// The descriptors that it has kept and hands over, by their names; once. Source: sd_listen_fds(3)
    static func takeDescriptors() -> [String: Int32] {
        func variable(_ name: String) -> String? { unsafe getenv(name).map { unsafe String(cString: $0) } }
        defer { for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { unsafe unsetenv(name) } }
        guard variable("LISTEN_PID") == String(getpid()),
            let count = variable("LISTEN_FDS").flatMap({ Int32($0) })
        else { return [:] }
        let names = (variable("LISTEN_FDNAMES") ?? "").split(separator: ":", omittingEmptySubsequences: false)
        var found: [String: Int32] = [:]
        for (index, descriptor) in (3..<3 + count).enumerated() {
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            let name = index < names.count ? String(names[index]) : ""
            if let former = found.updateValue(descriptor, forKey: name) { close(former) }
        }
        return found
    }
}
