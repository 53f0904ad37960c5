import CFuse
import Glibc
import Synchronization

/// The threads that read requests from the device and hand them to libfuse, and the watch over them.
///
/// Each waits in a blocking `read`, which wakes one thread for one request and costs one system call; polling first
/// costs a second one, and wakes all threads for each request. To end the wait a signal is sent to the thread: the
/// kernel takes a request from its queue only if no signal comes first, so none gets lost.
///
/// A handler that doesn't come back (a disk stands still) holds up nobody else: a spare thread takes its thread's place,
/// and after the deadline its caller is answered EIO. The answer that may come later goes nowhere.
final class RequestLoops: Sendable {
    /// One thread.
    private final class Worker: Sendable {
        /// Whether it is in, or about to enter or leave, the wait for a request. A signal then does no harm.
        let isReading = Atomic<Bool>(false)
        let isDone = Atomic<Bool>(false)
        /// The number of the request that it works on; 0 while it waits for one.
        let request = Atomic<UInt64>(0)
        /// Whether it is to end with the request that it works on: another thread has its place, or it was a spare.
        let isReplaced = Atomic<Bool>(false)
        /// Where the journal says what it works on.
        let place: Int

        init(place: Int) { self.place = place }
    }

    /// What the watch knows of one thread.
    private struct Watched {
        var thread: pthread_t
        var worker: Worker
        /// The request that was seen there last, and since when.
        var request: UInt64 = 0
        var since = ContinuousClock.now
        var isAnswered = false
    }

    /// How often the watch looks; a handler that takes longer is replaced.
    private static let period: Int32 = 500
    /// How many spare threads are there while one hangs: what it waits for, the next requests may wait for too.
    private static let spares = 4
    /// The most threads at once, hanging ones included.
    private static let limit = 32

    private let connection: Connection
    /// Counts up when the loops shall end, or one has.
    private let wake: Int32
    private let failure = Mutex<Session.End?>(nil)
    private let running = Atomic<Int>(0)
    /// How many threads there have been.
    private let started = Atomic<UInt>(0)

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

        var crew: [Watched] = []
        for _ in 0..<threadCount {
            do throws(Errno) {
                crew.append(try start())
            } catch {
                end(.failed(error))
            }
        }
        while !isEnding {
            waitForWake(milliseconds: Self.period)
            watch(&crew, wanted: threadCount)
            connection.fileSystem.watch()
        }
        finish(&crew)
        return failure.withLock { $0 } ?? .exitRequested
    }

    /// Hands a request to libfuse that was received by somebody else.
    func replay(_ request: [UInt8]) {
        var bytes = request
        let worker = Worker(place: .max)
        unsafe bytes.withUnsafeMutableBytes { unsafe process($0.baseAddress!, $0.count, by: worker, nil) }
    }

    private var isEnding: Bool {
        connection.isExiting.load(ordering: .sequentiallyConsistent) || failure.withLock { $0 != nil }
    }

    private func start() throws(Errno) -> Watched {
        let worker = Worker(
            place: Int(started.wrappingAdd(1, ordering: .relaxed).oldValue % UInt(Self.limit)))
        return Watched(thread: try PlainThread.start { self.serve(worker) }, worker: worker)
    }

    /// Puts spares in the place of threads that hang, and answers whoever has waited past the deadline.
    private func watch(_ crew: inout [Watched], wanted: Int) {
        let now = ContinuousClock.now
        var hanging = 0
        for index in crew.indices {
            let worker = crew[index].worker
            let request = worker.request.load(ordering: .relaxed)
            guard request != 0, request == crew[index].request else {
                crew[index].request = request
                crew[index].since = now
                crew[index].isAnswered = false
                continue
            }
            let waited = now - crew[index].since
            // `since` is when it was first seen there, up to a period after it began.
            if waited >= .milliseconds(Self.period / 2) {
                worker.isReplaced.store(true, ordering: .relaxed)
                hanging += 1
            }
            if waited >= .seconds(connection.options.deadlineSeconds), !crew[index].isAnswered {
                crew[index].isAnswered = true
                fail(request)
                connection.options.onOverdue?()
            }
        }
        crew.removeAll { watched in
            guard watched.worker.isDone.load(ordering: .acquiring) else { return false }
            pthread_join(watched.thread, nil)
            return true
        }
        guard wanted > 0 else { return }
        man(&crew, with: hanging > 0 ? wanted + Self.spares : wanted)
    }

    /// Starts threads, or lets some go, until there are as many as are wanted beside those that hang.
    private func man(_ crew: inout [Watched], with wanted: Int) {
        var serving = crew.count { !$0.worker.isReplaced.load(ordering: .relaxed) }
        while serving < wanted, crew.count < Self.limit, let spare = try? start() {
            crew.append(spare)
            serving += 1
        }
        for watched in crew {
            if serving > wanted, !watched.worker.isReplaced.load(ordering: .relaxed) {
                watched.worker.isReplaced.store(true, ordering: .relaxed)
                serving -= 1
            }
            // Again each time: a signal that comes just before the wait begins is spent without effect.
            if watched.worker.isReplaced.load(ordering: .relaxed),
                watched.worker.isReading.load(ordering: .relaxed)
            {
                _ = pthread_kill(watched.thread, WakeSignal.number)
            }
        }
    }

    /// Answers EIO in a handler's place, past libfuse, which goes on waiting for the handler.
    private func fail(_ request: UInt64) {
        Transport.send(AnswerHeader(error: -EIO, number: request), to: connection.device)
    }

    /// Waits until every thread has finished its request; for those that hang no longer than the deadline.
    private func finish(_ crew: inout [Watched]) {
        connection.isExiting.store(true, ordering: .sequentiallyConsistent)
        let limit = ContinuousClock.now + .seconds(connection.options.deadlineSeconds)
        // A signal that comes just before the wait begins is spent without effect: so they are sent until none waits.
        while true {
            watch(&crew, wanted: 0)
            if crew.isEmpty { return }
            if ContinuousClock.now > limit { break }
            for watched in crew where watched.worker.isReading.load(ordering: .relaxed) {
                _ = pthread_kill(watched.thread, WakeSignal.number)
            }
            waitForWake(milliseconds: 1)
        }
        for watched in crew { pthread_detach(watched.thread) }
    }

    /// One thread's work.
    private func serve(_ worker: Worker) {
        WakeSignal.unblock()
        let size = connection.options.requestBufferSize
        let buffer = RequestBuffer(size: size, options: connection.options)
        let current = unsafe CurrentRequest(in: buffer.base)
        let journal = connection.journal.withLock { $0 }
        while !connection.isExiting.load(ordering: .relaxed), !worker.isReplaced.load(ordering: .relaxed) {
            worker.isReading.store(true, ordering: .relaxed)
            let count = unsafe read(connection.device, buffer.base, size)
            let code = errno
            worker.isReading.store(false, ordering: .relaxed)
            if count > 0 {
                if let journal, unsafe Transport.isAwaited(buffer.base) {
                    journal.noteRead(unsafe Transport.firstNumber(of: buffer.base))
                }
                unsafe process(buffer.base, count, by: worker, journal)
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
        _ = consume current
        worker.isDone.store(true, ordering: .releasing)
        signalWake()
    }

    /// Has one request answered, and wipes it.
    @inline(__always)
    private func process(
        _ bytes: UnsafeMutableRawPointer, _ count: Int, by worker: Worker, _ journal: TakeoverJournal?
    ) {
        let number = unsafe Transport.number(of: bytes)
        if number & Transport.resentBit != 0, let journal, journal.isSuspect(number) {
            fail(number)
            unsafe explicit_bzero(bytes, count)
            connection.options.onSuspect?()
            return
        }
        if !connection.isInitialized.load(ordering: .relaxed) {
            unsafe Transport.noteInit(UnsafeRawBufferPointer(start: bytes, count: count), for: connection)
        }
        worker.request.store(number, ordering: .relaxed)
        journal?.setWork(number, at: worker.place)
        var request = unsafe fuse_buf(size: count, flags: fuse_buf_flags(0), mem: bytes, fd: -1, pos: 0)
        unsafe fuse_session_process_buf(connection.session, &request)
        worker.request.store(0, ordering: .relaxed)
        journal?.setWork(0, at: worker.place)
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
