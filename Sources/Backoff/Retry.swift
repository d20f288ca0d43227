/// Calls an operation until it succeeds or the back-off gives up.
///
/// ```swift
/// let country = try await retry(.exponential(max: .seconds(10)).limited(tries: 5)) {
///     try await session.execute(query)
/// }
/// ```
///
/// Runs on the caller's actor, the operation too, so neither needs to be `Sendable`. A whole `for try await` loop may
/// stand in the operation, but its budget is never renewed while it runs: to keep a stream alive, use
/// ``restarting(with:completion:stableAfter:stableFrom:clock:_:)``.
///
/// - Parameters:
///   - backoff: When to try again, and when not.
///   - clock: The clock that measures and waits; the default does not stop while the machine sleeps.
///   - operation: The call to repeat.
/// - Returns: What the first successful call returned.
/// - Throws: The error of the last call, itself and not wrapped. `CancellationError`, at once, when the task is
///   cancelled during a wait; an error thrown by a call of a cancelled task is passed on without another try.
nonisolated(nonsending) public func retry<Success>(
    _ backoff: Backoff = Backoff(),
    clock: some Clock<Duration> = ContinuousClock(),
    operation: nonisolated(nonsending) () async throws -> Success
) async throws -> Success {
    let origin = clock.now
    var schedule = BackoffSchedule(backoff)
    while true {
        do {
            let success = try await operation()
            schedule.succeeded(at: origin.duration(to: clock.now))
            return success
        } catch {
            if error is CancellationError || Task.isCancelled { throw error }
            switch schedule.failed(error, at: origin.duration(to: clock.now)) {
            case .retry(let wait): try await clock.sleep(for: wait)
            case .giveUp: throw error
            }
        }
    }
}
