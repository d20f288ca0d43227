internal import CLibuv
internal import CLibwebsockets
internal import Glibc
internal import Synchronization

/// One thread that runs one libuv loop and, on it, one libwebsockets context; it is the executor of the actors on it.
///
/// Actors name it as their `unownedExecutor`. The classes that they own are plain, and are used on this thread only.
/// Tasks that prefer the loop also run here what belongs to no actor, so that they don't need Swift's shared pool.
/// Other threads may only call `enqueue` and `execute`, which wake the loop by `uv_async_send`. The loop must outlive
/// its actors.
@safe package final class EventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
    private enum Work: Sendable {
        case job(UnownedJob)
        case body(@Sendable () -> Void)
    }

    private struct Inbox {
        var work: [Work] = []
        var isWaking = false
        var isStopping = false
        /// The thread has ended: further work runs on the thread that brings it.
        var hasStopped = false
        var isDraining = false
        /// The caller of `stop`, which waits for the thread's end.
        var stopping: CheckedContinuation<Void, Never>?
    }

    /// About how many descriptors a loop needs for itself.
    package static let descriptors = 8

    /// The thread's name, as shown by tools like `top -H`; at most 15 bytes are kept.
    package let name: String

    let uv: UnsafeMutablePointer<uv_loop_t>
    /// The libwebsockets context; nil on a loop that only accepts, and after the stop.
    var context: OpaquePointer?
    /// How long a peer may take to answer a close frame.
    let closeTimeout: Duration
    /// The sockets that libwebsockets' callbacks concern; loop only.
    private(set) var sockets = SocketTable()
    /// The handle of the socket whose descriptor and first bytes libwebsockets is adopting; loop only.
    var adopting: UnsafeMutableRawPointer?
    /// How far the stop has come; loop only.
    var ending = Ending.none
    /// True once the loop stops: nothing may be started on it; loop only.
    var isOver: Bool { ending != .none }

    private let inbox = Mutex(Inbox())
    let wake: UnsafeMutablePointer<uv_async_t>
    let prepare: UnsafeMutablePointer<uv_prepare_t>
    let finalizedContext: UnsafeMutablePointer<OpaquePointer?>
    private var thread = pthread_t()
    /// The residents, by their identity, or by that of their type where there is only one; loop only.
    var residents: [ObjectIdentifier: any LoopResident] = [:]
    /// Frees memory to which libwebsockets keeps pointers, once its context is gone; loop only.
    private var deallocations: [() -> Void] = []
    private var spareWork: [Work] = []

    /// Serialises the making of contexts, which share global state of OpenSSL and the plugin loader; true before the
    /// first.
    private static let creation = Mutex(true)

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - name: the thread's name.
    ///   - servesSockets: false for a loop that needs no libwebsockets context.
    ///   - closeTimeout: how long a peer may take to answer a close frame before it is cut off.
    /// - Throws: `WebSocketError.loopUnavailable` when libwebsockets or its libuv plugin can't start.
    package convenience init(
        name: String,
        servesSockets: Bool = true,
        closeTimeout: Duration = .seconds(5)
    ) throws(WebSocketError) {
        try self.init(
            name: name,
            servesSockets: servesSockets,
            closeTimeout: closeTimeout,
            defaults: LibraryDefaults()
        )
    }

    /// The same, with other timeouts than libwebsockets' defaults.
    init(
        name: String,
        servesSockets: Bool,
        closeTimeout: Duration,
        defaults: LibraryDefaults
    ) throws(WebSocketError) {
        // Without enough descriptors libwebsockets crashes, and libuv ends the process.
        guard DescriptorLimit.hasRoom(for: Self.descriptors) else {
            throw .loopUnavailable("no event loop: too few descriptors are left (ulimit -n)")
        }
        self.name = name
        self.closeTimeout = closeTimeout
        unsafe uv = .allocate(capacity: 1)
        unsafe wake = .allocate(capacity: 1)
        unsafe prepare = .allocate(capacity: 1)
        unsafe finalizedContext = .allocate(capacity: 1)
        unsafe finalizedContext.initialize(to: nil)
        unsafe uv_loop_init(uv)
        unsafe uv_async_init(uv, wake, loopWasWoken)
        unsafe uv_prepare_init(uv, prepare)
        unsafe uv_prepare_start(prepare, loopPrepares)
        let reference = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe wake.pointee.data = reference
        unsafe prepare.pointee.data = reference
        if servesSockets {
            nonisolated(unsafe) let (uv, reference, finalized) = unsafe (uv, reference, finalizedContext)
            let created = Self.creation.withLock { isFirst in
                defer { isFirst = false }
                let made = unsafe clws_create_context(uv, reference, finalized, isFirst ? 1 : 0, defaults.values)
                return Int(bitPattern: made)
            }
            unsafe context = OpaquePointer(bitPattern: created)
            guard unsafe context != nil else {
                discard()
                throw .loopUnavailable("libwebsockets can't start on libuv: is libwebsockets-evlib-uv installed?")
            }
            unsafe finalizedContext.pointee = context
        }
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        let retained = unsafe Unmanaged.passRetained(self).toOpaque()
        let status = unsafe pthread_create(&thread, &attributes, loopThread, retained)
        unsafe pthread_attr_destroy(&attributes)
        guard status == 0 else {
            unsafe Unmanaged<EventLoop>.fromOpaque(retained).release()
            discard()
            throw .loopUnavailable("no thread for the loop: \(errnoText(status))")
        }
    }

    deinit {
        guard ending != .abandoned else { return }
        for deallocate in deallocations { deallocate() }
        unsafe uv.deallocate()
        unsafe wake.deallocate()
        unsafe prepare.deallocate()
        unsafe finalizedContext.deallocate()
    }

    /// The loop on whose thread the caller runs, if it runs on one.
    static var current: EventLoop? {
        // Not pthread_self(): glibc declares it const, and the optimiser reuses its value across an await.
        guard let pointer = unsafe pthread_getspecific(currentLoopKey) else { return nil }
        return unsafe Unmanaged<EventLoop>.fromOpaque(pointer).takeUnretainedValue()
    }

    /// True on this loop's thread.
    package var isCurrent: Bool {
        unsafe pthread_getspecific(currentLoopKey) == Unmanaged.passUnretained(self).toOpaque()
    }

    /// Monotonic time since an arbitrary origin that is the same for all loops.
    package static var now: Duration { .nanoseconds(Int64(clamping: uv_hrtime())) }

    /// The processor time that the calling thread has used.
    package static var processorTime: Duration {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    /// The processor time that the loop's thread has used; nil once the loop stops.
    ///
    /// Any thread may ask.
    package var threadTime: Duration? {
        // The thread is joined only after the stop has begun, which waits for the lock.
        inbox.withLock { inbox in
            var (clock, time) = (clockid_t(), timespec())
            guard !inbox.isStopping, unsafe pthread_getcpuclockid(thread, &clock) == 0,
                unsafe clock_gettime(clock, &time) == 0
            else { return nil }
            return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
        }
    }

    // The executor.

    package func enqueue(_ job: consuming ExecutorJob) {
        append(.job(UnownedJob(job)))
    }

    /// Runs `body` on the loop's thread, later, in the order of the calls; any thread may call it.
    package func execute(_ body: @escaping @Sendable () -> Void) {
        append(.body(body))
    }

    package func checkIsolated() {
        precondition(isCurrent, "this code runs on the event loop '\(name)' only")
    }

    package func isIsolatingCurrentContext() -> Bool? { isCurrent }

    private func append(_ work: Work) {
        let onLoop = isCurrent
        let mustDrain = inbox.withLock { inbox in
            inbox.work.append(work)
            if inbox.hasStopped {
                defer { inbox.isDraining = true }
                return !inbox.isDraining
            }
            // On the loop's own thread no wake is needed: its prepare handle runs the work before the loop blocks.
            if !onLoop, !inbox.isWaking {
                inbox.isWaking = true
                // Sent under the lock, because the stop closes the handle under it, and a later wake would abort the
                // process.
                unsafe uv_async_send(wake)
            }
            return false
        }
        if mustDrain { drainAfterStop() }
    }

    /// Runs what was enqueued, in a bounded number of rounds, so that sockets get their turn.
    func drain() {
        var batch = spareWork
        spareWork = []
        defer { spareWork = batch }
        for _ in 0..<64 {
            inbox.withLock { inbox in
                inbox.isWaking = false
                swap(&inbox.work, &batch)
            }
            if batch.isEmpty { return }
            run(batch)
            batch.removeAll(keepingCapacity: true)
        }
        unsafe uv_async_send(wake)
    }

    private func run(_ batch: [Work]) {
        let (serial, tasks) = unsafe (asUnownedSerialExecutor(), asUnownedTaskExecutor())
        for work in batch {
            switch work {
            case .job(let job): unsafe job.runSynchronously(isolatedTo: serial, taskExecutor: tasks)
            case .body(let body): body()
            }
        }
    }

    private func drainAfterStop() {
        // The work may release the last reference to the loop.
        let keeper = unsafe Unmanaged.passRetained(self)
        defer { unsafe keeper.release() }
        let outer = unsafe pthread_getspecific(currentLoopKey)
        unsafe pthread_setspecific(currentLoopKey, Unmanaged.passUnretained(self).toOpaque())
        defer { unsafe pthread_setspecific(currentLoopKey, outer) }
        while true {
            let batch = inbox.withLock { inbox in
                defer { inbox.work = [] }
                if inbox.work.isEmpty { inbox.isDraining = false }
                return inbox.work
            }
            if batch.isEmpty { return }
            run(batch)
        }
    }

    // Life.

    func runThread() {
        unsafe pthread_setspecific(currentLoopKey, Unmanaged.passUnretained(self).toOpaque())
        unsafe cuv_name_thread(name)
        runHandles()
        inbox.withLock { inbox in
            inbox.hasStopped = true
            inbox.isDraining = true
            if ending != .abandoned { unsafe uv_loop_close(uv) }
        }
        drainAfterStop()
        pthread_setspecific(currentLoopKey, nil)
        // Must be the last action of the thread, which is joined now.
        inbox.withLock { $0.stopping.take() }?.resume()
    }

    /// Closes every socket, listener and timer of the loop at once and ends its thread; returns when the thread has
    /// ended.
    ///
    /// Work that arrives later still runs, on the thread that brings it. Further calls return at once. The loop's own
    /// thread may call it too; it then returns at the very end of that thread.
    package func stop() async {
        let isFirst = inbox.withLock { inbox in
            defer { inbox.isStopping = true }
            return !inbox.isStopping
        }
        guard isFirst else { return }
        await withCheckedContinuation { continuation in
            inbox.withLock { $0.stopping = continuation }
            execute { [self] in beginStop() }
        }
        // An actor of this loop, or of one that has ended, may run on the ending thread itself, which can't join
        // itself. If two ending threads would wait for each other, the join fails.
        if pthread_equal(thread, pthread_self()) != 0 || pthread_join(thread, nil) != 0 { pthread_detach(thread) }
    }

    /// Registers a socket for libwebsockets' callbacks; `forget` undoes it.
    func remember(_ socket: WebSocket) -> UnsafeMutableRawPointer? {
        socket.handle = sockets.insert(socket)
        return unsafe UnsafeMutableRawPointer(bitPattern: socket.handle)
    }

    /// Removes a socket whose connection libwebsockets has destroyed, or never made.
    func forget(_ socket: WebSocket) {
        guard sockets.remove(socket.handle) else { return }
        socket.released()
        if ending == .closingSockets, sockets.isEmpty { execute { [self] in closeContext() } }
    }

    /// Frees something when libwebsockets' context is gone for good.
    func whenOver(_ deallocate: @escaping () -> Void) { deallocations.append(deallocate) }
}

/// Each loop thread's own loop.
private let currentLoopKey: pthread_key_t = {
    var key = pthread_key_t()
    unsafe pthread_key_create(&key, nil)
    return key
}()

private func loopThread(_ pointer: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let pointer = unsafe pointer else { return nil }
    unsafe Unmanaged<EventLoop>.fromOpaque(pointer).takeRetainedValue().runThread()
    return nil
}

private func loopWasWoken(_ handle: UnsafeMutablePointer<uv_async_t>?) {
    guard let data = unsafe handle?.pointee.data else { return }
    unsafe Unmanaged<EventLoop>.fromOpaque(data).takeUnretainedValue().drain()
}

private func loopPrepares(_ handle: UnsafeMutablePointer<uv_prepare_t>?) {
    guard let data = unsafe handle?.pointee.data else { return }
    unsafe Unmanaged<EventLoop>.fromOpaque(data).takeUnretainedValue().drain()
}
