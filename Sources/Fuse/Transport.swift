import CFuse
import Glibc
import Synchronization

/// What stands before each answer; all of an error's. FUSE: `struct fuse_out_header`
struct AnswerHeader {
    var length: UInt32 = 16
    var error: Int32
    var number: UInt64
}

/// How answers leave: libfuse hands each one over, so that the answer to INIT can be completed.
///
/// libfuse 3.14 has no names for some flags of INIT.
/// A transport other than the device, or a connection taken over from another process, would begin here.
enum Transport {
    /// `FUSE_INIT`.
    static let initOpcode: UInt32 = 26
    /// `FUSE_RELEASE`.
    private static let releaseOpcode: UInt32 = 18
    /// `FUSE_PARALLEL_DIROPS`: lookups in one directory don't wait for each other.
    private static let parallelDirectoryOperations: UInt64 = 1 << 18
    /// `FUSE_HANDLE_KILLPRIV_V2`: the server sees to set-user-id bits, of which there are none here. Otherwise the kernel
    /// asks for `security.capability` before each write.
    private static let handlesSetUserIDBits: UInt64 = 1 << 28
    /// `FUSE_INIT_EXT`: the second word of flags counts.
    private static let secondFlags: UInt64 = 1 << 30
    /// `FUSE_DIRECT_IO_ALLOW_MMAP`.
    private static let sharedMappingOfDirectIO: UInt64 = 1 << 36

    /// Layout of requests and answers, in bytes: see `struct fuse_in_header`, `fuse_init_in`, `fuse_out_header`, `fuse_init_out`.
    private enum Offset {
        static let opcode = 4
        static let offeredFlags = 40 + 12
        static let offeredSecondFlags = 40 + 16
        static let error = 4
        static let unique = 8
        static let flags = 12
        static let secondFlags = 32
        static let waiter = 40 + 8
    }

    /// `FUSE_UNIQUE_RESEND`: set in the number of a request that was read before.
    static let resentBit: UInt64 = 1 << 63
    /// `FUSE_NOTIFY_POLL`.
    private static let pollCode: Int32 = 1

    /// Table for `fuse_session_custom_io`. The loops read the device themselves, so `read` is never called.
    static var io: fuse_custom_io {
        unsafe fuse_custom_io(
            writev: { descriptor, vector, count, userdata in
                let connection = unsafe Unmanaged<Connection>.fromOpaque(userdata!)
                unsafe connection._withUnsafeGuaranteedRef {
                    if !$0.isInitialized.load(ordering: .relaxed) {
                        unsafe Transport.completeInit(vector!, count, $0)
                    }
                }
                return unsafe writev(descriptor, vector, count)
            },
            read: { descriptor, buffer, size, _ in unsafe read(descriptor, buffer, size) },
            splice_receive: nil,
            splice_send: nil)
    }

    /// Whether a request's answer is waited for, which that of `FUSE_FORGET`, `FUSE_INTERRUPT` and `FUSE_BATCH_FORGET` isn't.
    @inline(__always)
    static func isAwaited(_ request: UnsafeRawPointer) -> Bool {
        switch unsafe request.load(fromByteOffset: Offset.opcode, as: UInt32.self) {
        case 2, 36, 42: false
        default: true
        }
    }

    /// The number that a request had when it was sent first.
    @inline(__always)
    static func firstNumber(of request: UnsafeRawPointer) -> UInt64 {
        unsafe number(of: request) & ~resentBit
    }

    /// The number by which the kernel knows a request.
    static func number(of request: UnsafeRawPointer) -> UInt64 {
        unsafe request.load(fromByteOffset: Offset.unique, as: UInt64.self)
    }

    /// The handle that a RELEASE gives back; nil of any other request. FUSE: `fuse_release_in.fh`
    static func handle(ofRelease request: UnsafeRawPointer) -> UInt64? {
        guard unsafe request.load(fromByteOffset: Offset.opcode, as: UInt32.self) == releaseOpcode else {
            return nil
        }
        return unsafe request.load(fromByteOffset: 40, as: UInt64.self)
    }

    /// The kernel's number for who waits, of a POLL. FUSE: `fuse_poll_in.kh`
    static func waiter(of request: UnsafeRawPointer) -> UInt64 {
        unsafe request.load(fromByteOffset: Offset.waiter, as: UInt64.self)
    }

    /// Wakes who waits in poll, by the kernel's number for them; they ask anew. FUSE: `FUSE_NOTIFY_POLL`
    static func wake(_ waiter: UInt64, on device: Int32) {
        var message = (AnswerHeader(length: 24, error: pollCode, number: 0), waiter)
        _ = unsafe write(device, &message, 24)
    }

    /// Writes an answer that has nothing but its header; false if nobody waits for it.
    @discardableResult
    static func send(_ header: AnswerHeader, to device: Int32) -> Bool {
        var header = header
        return unsafe write(device, &header, 16) == 16
    }

    /// Notes what the kernel's INIT offers, if `request` is one.
    static func noteInit(_ request: UnsafeRawBufferPointer, for connection: Connection) {
        guard request.count >= Offset.offeredSecondFlags + 4,
            unsafe request.load(fromByteOffset: Offset.opcode, as: UInt32.self) == initOpcode
        else { return }
        let low = unsafe request.load(fromByteOffset: Offset.offeredFlags, as: UInt32.self)
        let high = unsafe request.load(fromByteOffset: Offset.offeredSecondFlags, as: UInt32.self)
        let hasSecond = UInt64(low) & secondFlags != 0
        connection.offeredFlags.store(UInt64(low) | (hasSecond ? UInt64(high) << 32 : 0), ordering: .relaxed)
    }

    /// Adds the flags that libfuse doesn't know to the answer to INIT, which is the first answer of a connection.
    fileprivate static func completeInit(
        _ vector: UnsafePointer<iovec>, _ count: Int32, _ connection: Connection
    ) {
        guard count == 2, let header = unsafe vector[0].iov_base, let answer = unsafe vector[1].iov_base,
            unsafe header.load(fromByteOffset: Offset.unique, as: UInt64.self) != 0,
            unsafe header.load(fromByteOffset: Offset.error, as: Int32.self) == 0,
            unsafe vector[1].iov_len >= Offset.secondFlags + 4
        else { return }
        var wanted = parallelDirectoryOperations | handlesSetUserIDBits
        if connection.options.allowsSharedMappingOfDirectIO {
            wanted |= secondFlags | sharedMappingOfDirectIO
        }
        let added = wanted & connection.offeredFlags.load(ordering: .relaxed)
        let low = unsafe answer.load(fromByteOffset: Offset.flags, as: UInt32.self)
        let high = unsafe answer.load(fromByteOffset: Offset.secondFlags, as: UInt32.self)
        unsafe answer.storeBytes(
            of: low | UInt32(truncatingIfNeeded: added), toByteOffset: Offset.flags, as: UInt32.self)
        unsafe answer.storeBytes(
            of: high | UInt32(added >> 32), toByteOffset: Offset.secondFlags, as: UInt32.self)
        connection.isInitialized.store(true, ordering: .relaxed)
    }
}
