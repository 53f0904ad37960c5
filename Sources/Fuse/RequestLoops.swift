import CFuse
import Glibc
import Synchronization

/// The threads that read requests from the device and hand them to libfuse.
///
/// Each waits in a blocking `read`, which wakes one thread for one request and costs one system call; polling first
/// costs a second one, and wakes all threads for each request. To end the wait a signal is sent to the thread: the
/// kernel takes a request from its queue only if no signal comes first, so none gets lost.
final class RequestLoops: Sendable {
    /// State of one thread.
    private final class Worker: Sendable {
        /// Whether it is in, or about to enter or leave, the wait for a request. A signal then does no harm.
        let isReading = Atomic<Bool>(false)
        let isDone = Atomic<Bool>(false)
    }

    private let connection: Connection
    /// Counts up when the loops shall end, or one has.
    private let wake: Int32
    private let failure = Mutex<Session.End?>(nil)
    private let running = Atomic<Int>(0)

    init(_ connection: Connection) throws(SessionError) {
        self.connection = connection
        wake = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        guard wake >= 0 else { throw .systemRefused(.current) }
    }

    deinit {
        _ = close(wake)
    }

    var isRunning: Bool { running.load(ordering: .acquiring) > 0 }

    func requestExit() {
        connection.isExiting.store(true, ordering: .sequentiallyConsistent)
        signalWake()
    }

    func run(threadCount: Int) -> Session.End {
        WakeSignal.install()
        running.wrappingAdd(1, ordering: .acquiringAndReleasing)
        defer { running.wrappingSubtract(1, ordering: .acquiringAndReleasing) }

        var threads: [(pthread_t, Worker)] = []
        for _ in 0..<threadCount {
            let worker = Worker()
            do throws(Errno) {
                threads.append((try PlainThread.start { self.serve(worker) }, worker))
            } catch {
                end(.failed(error))
            }
        }
        waitForWake(milliseconds: -1)
        connection.isExiting.store(true, ordering: .sequentiallyConsistent)
        // A signal that comes just before the wait begins is spent without effect: so they are sent until none waits.
        while threads.contains(where: { !$0.1.isDone.load(ordering: .acquiring) }) {
            for (thread, worker) in threads
            where worker.isReading.load(ordering: .relaxed) && !worker.isDone.load(ordering: .acquiring) {
                _ = pthread_kill(thread, WakeSignal.number)
            }
            waitForWake(milliseconds: 1)
        }
        for (thread, _) in threads { pthread_join(thread, nil) }
        return failure.withLock { $0 } ?? .exitRequested
    }

    /// One thread's work.
    private func serve(_ worker: Worker) {
        WakeSignal.unblock()
        let size = connection.options.requestBufferSize
        let buffer = RequestBuffer(size: size, options: connection.options)
        while !connection.isExiting.load(ordering: .relaxed) {
            worker.isReading.store(true, ordering: .relaxed)
            let count = unsafe read(connection.device, buffer.base, size)
            let code = errno
            worker.isReading.store(false, ordering: .relaxed)
            if count > 0 {
                unsafe process(buffer.base, count)
                continue
            }
            switch code {
            case ENOENT, EINTR, EAGAIN:
                // ENOENT: the request was interrupted before it could be handed over.
                continue
            case ENODEV, ECONNABORTED:
                end(.unmounted)
            default:
                end(count == 0 ? .unmounted : .failed(Errno(rawValue: code)))
            }
            break
        }
        worker.isDone.store(true, ordering: .releasing)
        signalWake()
    }

    /// Has one request answered, and wipes it.
    @inline(__always)
    private func process(_ bytes: UnsafeMutableRawPointer, _ count: Int) {
        if !connection.isInitialized.load(ordering: .relaxed) {
            unsafe Transport.noteInit(UnsafeRawBufferPointer(start: bytes, count: count), for: connection)
        }
        var request = unsafe fuse_buf(size: count, flags: fuse_buf_flags(0), mem: bytes, fd: -1, pos: 0)
        unsafe fuse_session_process_buf(connection.session, &request)
        unsafe explicit_bzero(bytes, count)
    }

    private func end(_ reason: Session.End) {
        failure.withLock { if $0 == nil { $0 = reason } }
        signalWake()
    }

    private func signalWake() {
        var one: UInt64 = 1
        _ = unsafe write(wake, &one, 8)
    }

    private func waitForWake(milliseconds: Int32) {
        var question = pollfd(fd: wake, events: Int16(POLLIN), revents: 0)
        while unsafe poll(&question, 1, milliseconds) < 0 && errno == EINTR {}
        var count: UInt64 = 0
        _ = unsafe read(wake, &count, 8)
    }
}
