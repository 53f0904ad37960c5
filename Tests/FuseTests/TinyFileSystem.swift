import Foundation
import Fuse
import Glibc
import Synchronization

/// A file system with one file for each thing that the tests want to see.
final class TinyFileSystem: FileSystem {
    /// Nodes of the file system, by their numbers.
    enum Node: UInt64, CaseIterable {
        case root = 1
        /// Holds `TinyFileSystem.greeting`, past the page cache.
        case hello = 2
        /// Its `open` is never answered.
        case dropped = 3
        /// Its `read` is answered by another thread.
        case late = 4
        /// Takes writes.
        case sink = 5
        /// A directory of 5 000 names.
        case many = 6
        /// Cached for an hour; its size is `changingSize`.
        case changing = 7
        /// A symbolic link to `hello`.
        case link = 8
        /// Through the page cache.
        case cached = 9
        /// Its `open` hangs until `gate` is raised.
        case stuck = 10

        var name: String { "\(self)" }
    }

    static let greeting = "hello through the kernel\n"
    static let manyCount = 5_000

    struct Seen {
        var written: [UInt8] = []
        var wasAppend = false
        var lookups: [String: Int] = [:]
        var getattrs: [InodeNumber: Int] = [:]
        var pageCacheFills: [Bool] = []
        var readers: [Request] = []
        var readerGroups: [UInt32]?
        var released: [InodeNumber] = []
        var xattrs: [String: [UInt8]] = [:]
    }

    let seen = Mutex(Seen())
    let gate = DispatchSemaphore(value: 0)
    /// Raised when somebody hangs there.
    let hangs = DispatchSemaphore(value: 0)
    let changingSize = Atomic<Int>(1)

    private func attributes(_ node: InodeNumber) -> FileAttributes? {
        if node.rawValue >= 1_000 { return FileAttributes(inode: node, kind: .regular, permissions: 0o444) }
        guard let known = Node(rawValue: node.rawValue) else { return nil }
        let (kind, permissions, size): (FileKind, UInt16, Int) =
            switch known {
            case .root, .many: (.directory, 0o755, 0)
            case .hello, .late, .cached: (.regular, 0o444, Self.greeting.utf8.count)
            case .dropped, .stuck: (.regular, 0o444, 0)
            case .sink: (.regular, 0o644, 0)
            case .changing: (.regular, 0o444, changingSize.load(ordering: .relaxed))
            case .link: (.symlink, 0o777, 5)
            }
        return FileAttributes(
            inode: node, kind: kind, permissions: permissions, size: Int64(size),
            modified: Timespec(seconds: 1_234_567_890, nanoseconds: 42))
    }

    func lookup(_ request: Request, parent: InodeNumber, name: String, reply: consuming EntryReply) {
        seen.withLock { $0.lookups[name, default: 0] += 1 }
        guard parent == .root, let node = Node.allCases.first(where: { $0.name == name && $0 != .root }),
            let attributes = attributes(InodeNumber(rawValue: node.rawValue))
        else { return reply.fail(.noSuchFileOrDirectory) }
        let seconds: Double = node == .changing ? 3_600 : 0
        reply.succeed(
            Entry(attributes: attributes, entryTimeoutSeconds: seconds, attributesTimeoutSeconds: seconds))
    }

    func getattr(
        _ request: Request, node: InodeNumber, handle: UInt64?, reply: consuming AttributesReply
    ) {
        seen.withLock { $0.getattrs[node, default: 0] += 1 }
        guard let attributes = attributes(node) else { return reply.fail(.stale) }
        reply.succeed(attributes, timeoutSeconds: node.rawValue == Node.changing.rawValue ? 3_600 : 0)
    }

    func setattr(
        _ request: Request, node: InodeNumber, changes: AttributeChanges, handle: UInt64?,
        reply: consuming AttributesReply
    ) {
        guard changes == AttributeChanges(size: 0), let attributes = attributes(node) else {
            return reply.fail(.notPermitted)
        }
        reply.succeed(attributes)
    }

    func access(_ request: Request, node: InodeNumber, mask: Int32, reply: consuming EmptyReply) {
        reply.succeed()
    }

    func readlink(_ request: Request, node: InodeNumber, reply: consuming LinkReply) {
        reply.succeed("hello")
    }

    func open(_ request: Request, node: InodeNumber, flags: OpenFlags, reply: consuming OpenReply) {
        switch Node(rawValue: node.rawValue) {
        case .dropped:
            // The reply goes out of scope here.
            return
        case .stuck:
            hangs.signal()
            gate.wait()
            reply.succeed(OpenResponse(handle: 1, directIO: true))
        case .cached:
            reply.succeed(OpenResponse(handle: node.rawValue * 10, noFlush: true))
        default:
            reply.succeed(OpenResponse(handle: node.rawValue * 10, directIO: true))
        }
    }

    func read(
        _ request: Request, node: InodeNumber, handle: UInt64, offset: Int64, size: Int,
        isPageCacheFill: Bool,
        reply: consuming DataReply
    ) {
        let groups = request.supplementaryGroups()
        seen.withLock {
            $0.pageCacheFills.append(isPageCacheFill)
            $0.readers.append(request)
            $0.readerGroups = groups
        }
        guard handle == node.rawValue * 10 else { return reply.fail(.badFileDescriptor) }
        if node.rawValue == Node.late.rawValue {
            Handover.answer(reply, offset: Int(offset), size: size)
        } else {
            Self.answer(reply, offset: Int(offset), size: size)
        }
    }

    static func answer(_ reply: consuming DataReply, offset: Int, size: Int) {
        let text = Array(greeting.utf8)
        guard offset < text.count else { return reply.succeedEmpty() }
        let rest = Array(text[offset...].prefix(size))
        // A noncopyable value can't be used up inside the closure that lends the bytes.
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: rest.count, alignment: 1)
        defer { unsafe copy.deallocate() }
        unsafe copy.copyBytes(from: rest)
        unsafe reply.succeed(UnsafeRawBufferPointer(copy))
    }

    /// Whether `poll` tells of something urgent, and who waits for it.
    let isUrgent = Atomic<Bool>(false)
    let waiter = Mutex<PollHandle?>(nil)
    /// Raised when somebody waits.
    let someoneWaits = DispatchSemaphore(value: 0)

    func poll(
        _ request: Request, node: InodeNumber, handle: UInt64, waiter: consuming PollHandle?,
        reply: consuming PollReply
    ) {
        if let handle = waiter.take() {
            var kept: PollHandle? = consume handle
            self.waiter.withLock { $0 = kept.take() }
            someoneWaits.signal()
        }
        reply.succeed(isUrgent.load(ordering: .relaxed) ? [.ready, .priority] : .ready)
    }

    /// A hole from the fifth byte to the tenth.
    func lseek(
        _ request: Request, node: InodeNumber, handle: UInt64, offset: Int64, target: SeekTarget,
        reply: consuming SeekReply
    ) {
        let end = Int64(Self.greeting.utf8.count)
        guard offset < end else { return reply.fail(.noSuchAddressOrDevice) }
        switch target {
        case .data: reply.succeed(offset: (5..<10).contains(offset) ? 10 : offset)
        case .hole: reply.succeed(offset: offset < 5 ? 5 : offset < 10 ? offset : end)
        }
    }

    func write(
        _ request: Request, node: InodeNumber, handle: UInt64, offset: Int64, bytes: UnsafeRawBufferPointer,
        isAppend: Bool, isPageCacheWrite: Bool, reply: consuming WriteReply
    ) {
        let count = bytes.count
        seen.withLock {
            let end = Int(offset) + count
            if $0.written.count < end { $0.written += Array(repeating: 0, count: end - $0.written.count) }
            unsafe $0.written.replaceSubrange(Int(offset)..<end, with: Array(bytes))
            $0.wasAppend = isAppend
        }
        reply.succeed(count: count)
    }

    func release(
        _ request: Request, node: InodeNumber, handle: UInt64, flags: OpenFlags, reply: consuming EmptyReply
    ) {
        seen.withLock { $0.released.append(node) }
        reply.succeed()
    }

    func readdir(
        _ request: Request, node: InodeNumber, handle: UInt64, offset: Int64, size: Int,
        reply: consuming DirectoryReply
    ) {
        var position = Int(offset)
        if node.rawValue == Node.many.rawValue {
            while position < Self.manyCount,
                reply.add(
                    name: Self.manyName(position), inode: InodeNumber(rawValue: 1_000 + UInt64(position)),
                    kind: .regular, nextOffset: Int64(position + 1))
            { position += 1 }
        } else {
            let nodes = Node.allCases.filter { $0 != .root }
            while position < nodes.count,
                reply.add(
                    name: nodes[position].name, inode: InodeNumber(rawValue: nodes[position].rawValue),
                    kind: nodes[position] == .many ? .directory : .regular, nextOffset: Int64(position + 1))
            { position += 1 }
        }
        reply.finish()
    }

    static func manyName(_ index: Int) -> String { "a name of some length, number \(index)" }

    func setxattr(
        _ request: Request, node: InodeNumber, name: String, value: UnsafeRawBufferPointer, flags: Int32,
        reply: consuming EmptyReply
    ) {
        seen.withLock { unsafe $0.xattrs[name] = Array(value) }
        reply.succeed()
    }

    func getxattr(_ request: Request, node: InodeNumber, name: String, reply: consuming XattrReply) {
        guard let value = seen.withLock({ $0.xattrs[name] }) else { return reply.fail(.noData) }
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: value.count, alignment: 1)
        defer { unsafe copy.deallocate() }
        unsafe copy.copyBytes(from: value)
        unsafe reply.succeed(UnsafeRawBufferPointer(copy))
    }

    func listxattr(_ request: Request, node: InodeNumber, reply: consuming XattrReply) {
        reply.succeed(names: seen.withLock { $0.xattrs.keys.sorted() })
    }
}

/// Hands a reply to a thread that answers it.
private final class Handover: Sendable {
    private let reply: Mutex<DataReply?>
    private let offset: Int
    private let size: Int

    private init(_ reply: consuming DataReply, offset: Int, size: Int) {
        self.reply = Mutex(consume reply)
        self.offset = offset
        self.size = size
    }

    static func answer(_ reply: consuming DataReply, offset: Int, size: Int) {
        let handover = Handover(reply, offset: offset, size: size)
        TestThread.detach {
            guard let reply = handover.reply.withLock({ $0.take() }) else { return }
            TinyFileSystem.answer(reply, offset: handover.offset, size: handover.size)
        }
    }
}
