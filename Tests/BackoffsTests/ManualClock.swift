import Synchronization

/// A clock that stands still until it is advanced, and tells when someone has begun to sleep.
final class ManualClock: Clock, Sendable {
    struct Instant: InstantProtocol {
        var offset: Duration

        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private struct Sleeper {
        var id: Int
        var deadline: Duration
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now = Duration.zero
        var lastID = 0
        var cancelled: Set<Int> = []
        var sleepers: [Sleeper] = []
        var observer: CheckedContinuation<Duration, Never>?
    }

    private let state = Mutex(State())

    var now: Instant { Instant(offset: state.withLock { $0.now }) }
    var minimumResolution: Duration { .zero }
    var sleeperCount: Int { state.withLock { $0.sleepers.count } }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let id = state.withLock {
            $0.lastID += 1
            return $0.lastID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let sleeper = Sleeper(id: id, deadline: deadline.offset, continuation: continuation)
                let (isCancelled, isDue, observer, left) = state.withLock { state in
                    let isCancelled = state.cancelled.remove(id) != nil
                    let isDue = deadline.offset <= state.now
                    let left = deadline.offset - state.now
                    if isCancelled || isDue {
                        return (isCancelled, isDue, nil as CheckedContinuation<Duration, Never>?, left)
                    }
                    state.sleepers.append(sleeper)
                    return (false, false, state.observer.take(), left)
                }
                if isCancelled {
                    continuation.resume(throwing: CancellationError())
                } else if isDue {
                    continuation.resume()
                }
                observer?.resume(returning: left)
            }
        } onCancel: {
            let sleeper = state.withLock { state -> Sleeper? in
                guard let index = state.sleepers.firstIndex(where: { $0.id == id }) else {
                    state.cancelled.insert(id)
                    return nil
                }
                return state.sleepers.remove(at: index)
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Waits until someone sleeps; returns how long that sleep has still to go.
    ///
    /// Zero when cancelled, so that a time limit ends a test in which nobody ever sleeps.
    func nextSleep() async -> Duration {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let left = state.withLock { state -> Duration? in
                    if let deadline = state.sleepers.map(\.deadline).min() { return deadline - state.now }
                    if Task.isCancelled { return .zero }
                    precondition(state.observer == nil, "one observer at a time")
                    state.observer = continuation
                    return nil
                }
                if let left { continuation.resume(returning: left) }
            }
        } onCancel: {
            state.withLock { $0.observer.take() }?.resume(returning: .zero)
        }
    }

    /// Moves time on and wakes all whose time has come.
    func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.now += duration
            let now = state.now
            let due = state.sleepers.filter { $0.deadline <= now }
            state.sleepers.removeAll { $0.deadline <= now }
            return due
        }
        for sleeper in due { sleeper.continuation.resume() }
    }

    /// Sleeps through one wait after the other; returns how long each was.
    func pass(waits count: Int) async -> [Duration] {
        var waits: [Duration] = []
        for _ in 0..<count {
            let wait = await nextSleep()
            if Task.isCancelled { break }
            waits.append(wait)
            advance(by: wait)
        }
        return waits
    }
}
