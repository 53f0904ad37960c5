import Glibc

/// A Unix socket address of a path.
struct SocketAddress {
    /// Bytes of the longest path: `sun_path` holds 108 with the closing zero.
    static let pathLimit = 107

    private var storage = sockaddr_un()

    /// Throws `pathTooLong`, and `noSocket` for a path that can't exist (empty, or with a zero byte in it).
    init(path: String) throws(ControlSocketError) {
        let bytes = Array(path.utf8)
        guard bytes.count <= Self.pathLimit else { throw .pathTooLong(path: path, limit: Self.pathLimit) }
        // An empty path would be an address without a file, chosen by the kernel.
        guard !bytes.isEmpty, !bytes.contains(0) else { throw .noSocket(path: path) }
        storage.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &storage.sun_path) { unsafe $0.copyBytes(from: bytes) }
    }

    /// Connects `descriptor` to this address; -1 with errno as the call left it. System call: `connect`
    func connect(_ descriptor: Int32) -> Int32 {
        unsafe withPointer { unsafe Glibc.connect(descriptor, $0, $1) }
    }

    /// Gives `descriptor` this address and makes its file; -1 with errno as the call left it. System call: `bind`
    func bind(_ descriptor: Int32) -> Int32 {
        unsafe withPointer { unsafe Glibc.bind(descriptor, $0, $1) }
    }

    private func withPointer(_ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        unsafe withUnsafePointer(to: storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe call($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
