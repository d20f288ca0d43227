/// The continuous clock with sleeps that are timers of an event loop, so that they don't need Swift's shared pool.
package struct LoopClock: Clock {
    package typealias Instant = ContinuousClock.Instant

    private let loop: EventLoop
    private let clock = ContinuousClock()

    package init(_ loop: EventLoop) { self.loop = loop }

    package var now: Instant { clock.now }
    package var minimumResolution: Duration { .milliseconds(1) }

    /// Returns at the deadline, to the millisecond; the tolerance is ignored.
    ///
    /// - Throws: `CancellationError` when the task is cancelled or the loop stops.
    package func sleep(until deadline: Instant, tolerance: Duration? = nil) async throws {
        let sleeper = Sleeper(on: loop)
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                loop.execute { sleeper.sleep(until: deadline, continuation) }
            }
        } onCancel: {
            loop.execute { sleeper.wake() }
        }
    }
}

/// One sleep; used on its loop's thread only.
private final class Sleeper: @unchecked Sendable {
    private let loop: EventLoop
    private var timer: LoopTimer?
    private var continuation: CheckedContinuation<Void, any Error>?
    /// True when the sleep is over; also when the task was cancelled before the sleep began.
    private var isOver = false

    init(on loop: EventLoop) { self.loop = loop }

    func sleep(until deadline: ContinuousClock.Instant, _ continuation: CheckedContinuation<Void, any Error>) {
        self.continuation = continuation
        guard !isOver, !loop.isOver else { return wake() }
        let timer = LoopTimer(on: loop, stopped: { self.wake() }) { self.end(.success(())) }
        self.timer = timer
        timer.start(after: ContinuousClock.now.duration(to: deadline))
    }

    func wake() { end(.failure(CancellationError())) }

    private func end(_ result: Result<Void, any Error>) {
        isOver = true
        timer?.close()
        timer = nil
        continuation.take()?.resume(with: result)
    }
}
