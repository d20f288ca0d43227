import Glibc
import WebSockets

extension EventLoop {
    /// The processor time that the loop's thread used so far.
    func processorTime() async -> Duration {
        await withCheckedContinuation { continuation in
            execute {
                var time = timespec()
                unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
                continuation.resume(returning: .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec))
            }
        }
    }
}
