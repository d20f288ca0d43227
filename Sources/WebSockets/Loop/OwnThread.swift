internal import CLibuv
internal import Glibc
internal import Synchronization

/// A thread for work that may block: it runs the tasks that prefer it, one after the other.
///
/// It starts with the first task, and ends when the last owner and the last task have released it. Nobody waits for its
/// end, so that work which blocks for ever costs only this thread.
package final class OwnThread: TaskExecutor {
    private let work: WorkQueue
    private let isStarted: Mutex<Bool>
    /// False when no more threads are allowed.
    private let isAvailable: @Sendable () -> Bool

    /// Makes a thread that starts with its first task; at most 15 bytes of the name are kept.
    package convenience init(name: String) { self.init(name: name) { true } }

    init(name: String, isAvailable: @escaping @Sendable () -> Bool) {
        work = WorkQueue(name: name)
        isStarted = Mutex(false)
        self.isAvailable = isAvailable
    }

    /// Uses the calling thread, which has to call ``run()``.
    package init() {
        work = WorkQueue(name: nil)
        isStarted = Mutex(true)
        isAvailable = { true }
    }

    deinit { work.close() }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        // Decided under the lock: no other caller may rely on a thread whose start is about to fail.
        let hasThread = isStarted.withLock { isStarted in
            if !isStarted { isStarted = isAvailable() && start() }
            return isStarted
        }
        // When no thread can be started, the shared pool is better than nothing.
        guard hasThread else { return globalConcurrentExecutor.enqueue(job) }
        work.append(WorkQueue.Item(job: job, executor: self))
    }

    /// Runs the tasks that prefer it on the calling thread, for ever.
    package func run() -> Never {
        while true { work.run() }
    }

    private func start() -> Bool {
        let box = unsafe Unmanaged.passRetained(work).toOpaque()
        var thread = pthread_t()
        guard unsafe pthread_create(&thread, nil, runWork, box) == 0 else {
            unsafe Unmanaged<WorkQueue>.fromOpaque(box).release()
            return false
        }
        pthread_detach(thread)
        return true
    }
}

/// The tasks that wait for a thread; it outlives the object that owns the thread.
@safe private final class WorkQueue: @unchecked Sendable {
    struct Item: Sendable {
        let job: UnownedJob
        /// Kept until the job is done, since the last job may release the owner of its own thread.
        let executor: OwnThread
    }

    private let name: String?
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let arrival: UnsafeMutablePointer<pthread_cond_t>
    private var items: [Item] = []
    private var isClosed = false

    init(name: String?) {
        self.name = name
        unsafe mutex = .allocate(capacity: 1)
        unsafe arrival = .allocate(capacity: 1)
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(arrival, nil)
    }

    deinit {
        unsafe pthread_cond_destroy(arrival)
        unsafe pthread_mutex_destroy(mutex)
        unsafe mutex.deallocate()
        unsafe arrival.deallocate()
    }

    func append(_ item: Item) {
        unsafe pthread_mutex_lock(mutex)
        items.append(item)
        unsafe pthread_cond_signal(arrival)
        unsafe pthread_mutex_unlock(mutex)
    }

    /// Ends the thread after the work that waits.
    func close() {
        unsafe pthread_mutex_lock(mutex)
        isClosed = true
        unsafe pthread_cond_signal(arrival)
        unsafe pthread_mutex_unlock(mutex)
    }

    /// Runs work until the queue is closed.
    func run() {
        if let name { unsafe cuv_name_thread(name) }
        while let items = next() {
            for item in items { unsafe item.job.runSynchronously(on: item.executor.asUnownedTaskExecutor()) }
        }
    }

    private func next() -> [Item]? {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while items.isEmpty, !isClosed { unsafe pthread_cond_wait(arrival, mutex) }
        guard !items.isEmpty else { return nil }
        defer { items = [] }
        return items
    }
}

private func runWork(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument = unsafe argument else { return nil }
    unsafe Unmanaged<WorkQueue>.fromOpaque(argument).takeRetainedValue().run()
    return nil
}
