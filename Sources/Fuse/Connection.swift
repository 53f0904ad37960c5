import CFuse
import Glibc
import Synchronization

/// libfuse's session and the descriptor it speaks over: what every pending request needs, and so what outlives all of them.
///
/// Unchecked: the pointer is set once, in `init`, before anyone else can see the object; libfuse guards what it
/// points to by a lock of its own; the rest is atomic or never changes.
@safe
final class Connection: @unchecked Sendable {
    let fileSystem: any FileSystem
    let options: MountOptions
    let listingBuffers = ListingBuffers()

    /// Set when the loops shall take no further request.
    let isExiting = Atomic<Bool>(false)
    /// Set when the kernel has its answer to INIT.
    let isInitialized = Atomic<Bool>(false)
    /// `flags` in the low half and `flags2` in the high one, as the kernel's INIT offered them.
    let offeredFlags = Atomic<UInt64>(0)
    /// What is left to the process that serves next; set before the loops begin.
    let journal = Mutex<TakeoverJournal?>(nil)

    /// libfuse's session.
    private(set) var session: OpaquePointer
    /// Descriptor of the device, -1 before the mount. It keeps its number until the end, see `disconnect`.
    private let descriptor = Atomic<Int32>(-1)

    init(fileSystem: any FileSystem, options: MountOptions) throws(SessionError) {
        self.fileSystem = fileSystem
        self.options = options
        // A placeholder until `self` may be handed to libfuse as its user data.
        unsafe session = OpaquePointer(bitPattern: 1)!

        var table = Operations.table
        let userdata = unsafe Unmanaged.passUnretained(self).toOpaque()
        let vector = ArgumentVector(options.arguments)
        let (made, said) = unsafe LibraryLog.capturing { () -> OpaquePointer? in
            // Not allocated by libfuse: it copies them when it changes them, and frees only its copies.
            var arguments = unsafe fuse_args(argc: Int32(vector.count), argv: vector.base, allocated: 0)
            defer { unsafe fuse_opt_free_args(&arguments) }
            return unsafe fuse_session_new(
                &arguments, &table, MemoryLayout<fuse_lowlevel_ops>.size, userdata)
        }
        guard let made = unsafe made else {
            throw .invalidOptions(reason: said)
        }
        unsafe session = made
        isSessionMade = true
    }

    private var isSessionMade = false

    deinit {
        guard isSessionMade else { return }
        unsafe fuse_session_destroy(session)
    }

    /// Descriptor that requests are read from and answers written to.
    var device: Int32 { descriptor.load(ordering: .relaxed) }

    /// Mounts at `path`, as libfuse does.
    func mount(at path: String) throws(SessionError) {
        let (result, said) = LibraryLog.capturing { unsafe fuse_session_mount(session, path) }
        guard result == 0 else { throw .mountRefused(path: path, reason: said) }
        let device = unsafe fuse_session_fd(session)
        descriptor.store(device, ordering: .relaxed)
        var io = Transport.io
        _ = unsafe fuse_session_custom_io(session, &io, device)
    }

    /// Whether the file system has been unmounted, or the connection ended.
    var isDisconnected: Bool {
        guard device >= 0 else { return true }
        var question = pollfd(fd: device, events: 0, revents: 0)
        return unsafe poll(&question, 1, 0) == 1 && question.revents & Int16(POLLERR) != 0
    }

    /// Gives the device back to the kernel, which ends the connection: who waits gets ECONNABORTED, who comes later ENOTCONN.
    ///
    /// /dev/null takes the descriptor's place, so that an answer that is still on its way goes there and not
    /// to whatever file would be given a freed number.
    func disconnect() {
        guard device >= 0 else { return }
        let null = unsafe open("/dev/null", O_RDWR | O_CLOEXEC)
        guard null >= 0 else { return }
        _ = dup2(null, device)
        _ = fcntl(device, F_SETFD, FD_CLOEXEC)
        _ = close(null)
    }
}
