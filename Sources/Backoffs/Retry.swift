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
/// ``restarting(with:completion:stableAfter:stableFrom:isFree:clock:_:)``.
///
/// Each call of `retry` has a budget of its own. Calls may be nested; the tries then multiply.
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
    try await repeating(backoff, clock: clock, rejection: { _ in nil }, operation: operation)
}

/// Calls an operation until it returns a value that is accepted, or the back-off gives up.
///
/// For answers that are no failures but not yet the answer either, such as those of a job that is still running:
///
/// ```swift
/// let report = try await retry(.constant(.seconds(2)).limited(time: .seconds(60)), until: { $0.isComplete }) {
///     try await fetchReport()
/// }
/// if !report.isComplete { showProgress(report) }
/// ```
///
/// A rejected value and an error count alike, on one budget. To give up at the first error, say so:
/// `backoff.givingUp { !($0 is ValueRejected) }`.
///
/// - Parameters:
///   - backoff: When to try again, and when not. Its closures are given ``ValueRejected`` after a rejected value.
///   - isAccepted: Tells the values to return.
///   - clock: The clock that measures and waits; the default does not stop while the machine sleeps.
///   - operation: The call to repeat.
/// - Returns: The first value accepted or, when the back-off gives up after a rejected value, that last value: look
///   whether it is what you wanted.
/// - Throws: The error of the last call if that is where the back-off gave up. `CancellationError` when the task is
///   cancelled and there is no accepted value yet.
nonisolated(nonsending) public func retry<Success: Sendable>(
    _ backoff: Backoff = Backoff(),
    until isAccepted: (Success) -> Bool,
    clock: some Clock<Duration> = ContinuousClock(),
    operation: nonisolated(nonsending) () async throws -> Success
) async throws -> Success {
    let rejection = { (value: Success) in isAccepted(value) ? nil : ValueRejected(value) }
    return try await repeating(backoff, clock: clock, rejection: rejection, operation: operation)
}

/// Calls an operation again while it returns a value that is rejected, or until the back-off gives up.
///
/// The same as ``retry(_:until:clock:operation:)`` with the question turned round:
///
/// ```swift
/// let job = try await retry(.exponential(max: .seconds(5)), while: { $0 == nil }) {
///     try await nextJob()
/// }
/// ```
///
/// - Parameters:
///   - backoff: When to try again, and when not. Its closures are given ``ValueRejected`` after a rejected value.
///   - isRejected: Tells the values after which to try again.
///   - clock: The clock that measures and waits; the default does not stop while the machine sleeps.
///   - operation: The call to repeat.
/// - Returns: The first value not rejected or, when the back-off gives up after a rejected value, that last value.
/// - Throws: The error of the last call if that is where the back-off gave up. `CancellationError` when the task is
///   cancelled and there is no accepted value yet.
nonisolated(nonsending) public func retry<Success: Sendable>(
    _ backoff: Backoff = Backoff(),
    while isRejected: (Success) -> Bool,
    clock: some Clock<Duration> = ContinuousClock(),
    operation: nonisolated(nonsending) () async throws -> Success
) async throws -> Success {
    let rejection = { (value: Success) in isRejected(value) ? ValueRejected(value) : nil }
    return try await repeating(backoff, clock: clock, rejection: rejection, operation: operation)
}

/// The loop below them all: one budget, spent by errors and by values with a rejection.
nonisolated(nonsending) private func repeating<Success>(
    _ backoff: Backoff,
    clock: some Clock<Duration>,
    rejection: (Success) -> ValueRejected?,
    operation: nonisolated(nonsending) () async throws -> Success
) async throws -> Success {
    let origin = clock.now
    var schedule = BackoffSchedule(backoff)
    while true {
        let decision: BackoffSchedule.Decision
        let last: Result<Success, any Error>
        do {
            let value = try await operation()
            guard let rejection = rejection(value) else {
                schedule.succeeded(at: origin.duration(to: clock.now))
                return value
            }
            if Task.isCancelled { throw CancellationError() }
            last = .success(value)
            decision = schedule.failed(rejection, at: origin.duration(to: clock.now))
        } catch {
            if error is CancellationError || Task.isCancelled { throw error }
            last = .failure(error)
            decision = schedule.failed(error, at: origin.duration(to: clock.now))
        }
        switch decision {
        case .retry(let wait): try await clock.sleep(for: wait)
        case .giveUp: return try last.get()
        }
    }
}
