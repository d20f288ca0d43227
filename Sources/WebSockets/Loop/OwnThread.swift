internal import CLibuv
internal import Glibc
internal import Synchronization

/// A thread for what may block: it runs the tasks that prefer it, in turn.
///
/// It starts with the first of them, and ends when the last owner and the last task have let go. Nobody waits for its
/// end: what blocks it for ever costs this thread and nothing else.
package final class OwnThread: TaskExecutor {
    private let work: WorkQueue
    private let isStarted: Mutex<Bool>
    /// False where there are no more threads.
    private let isAvailable: @Sendable () -> Bool

    /// Makes a thread that starts when it has something to do; of the name at most 15 bytes are kept.
    package convenience init(name: String) { self.init(name: name) { true } }

    init(name: String, isAvailable: @escaping @Sendable () -> Bool) {
        work = WorkQueue(name: name)
        isStarted = Mutex(false)
        self.isAvailable = isAvailable
    }

    /// Takes the calling thread, which has to call ``run()``.
    package init() {
        work = WorkQueue(name: nil)
        isStarted = Mutex(true)
        isAvailable = { true }
    }

    deinit { work.close() }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        // Nobody may count on a thread that another one is about to fail to start.
        let hasThread = isStarted.withLock { isStarted in
            if !isStarted { isStarted = isAvailable() && start() }
            return isStarted
        }
        // There are no more threads: better on the shared pool than never.
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

/// What waits for a thread; it outlives the object that owns the thread.
@safe private final class WorkQueue: @unchecked Sendable {
    struct Item: Sendable {
        let job: UnownedJob
        /// Kept until the job is done: the last one may let go of the thread from within.
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

    /// Nobody can bring work any more.
    func close() {
        unsafe pthread_mutex_lock(mutex)
        isClosed = true
        unsafe pthread_cond_signal(arrival)
        unsafe pthread_mutex_unlock(mutex)
    }

    /// Works until it is closed.
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
