/// Keeps an async stream alive: opens it anew after each failure and, as told, after completion.
///
/// ```swift
/// let prices = restarting(with: Backoff().limited(tries: 10)) {
///     try await openPrices()
/// }
/// for await event in prices {
///     switch event {
///     case .next(let price): screen.show(price)
///     case .interrupted(let reason): screen.markStale(reason.error)
///     case .resumed: screen.markFresh()
///     case .ended(let end): screen.report(end)
///     }
/// }
/// ```
///
/// The budget of tries and time is for one outage, not for the life of the stream: once a stream has been stable for
/// `stableAfter`, the next interruption finds a fresh one. A link that drops each hour is restarted for ever; one that
/// fails at once, again and again, is given up. The time budget begins with the first interruption of an outage, and
/// limits that are closures are asked then.
///
/// A completion that leads to a restart reaches the closures of the back-off as ``StreamCompleted``, a failure as its
/// own error, so they can tell one from the other: `backoff.givingUp { $0 is StreamCompleted }` follows failures only,
/// and `details.error is StreamCompleted` keeps a regular end out of the log of errors.
///
/// Where `open` waits for something that many streams share, such as a session's link, its loss has been paid for
/// already when `open` returns. `isFree` tells such errors: the interruption is reported like any other, but the next
/// opening follows at once, and neither tries nor time of the budget are spent or renewed by it. Free is only what ends
/// a stream that was open. An `open` that fails has not waited for what it needs and is charged, whatever it throws, so
/// that the back-off keeps it from spinning; and openings without a wait are at least 100 ms apart. So `open` is
/// expected to wait until the shared thing is there again, as `PermanentSession.subscribe` waits for the next link:
///
/// ```swift
/// let shared = restarting(isFree: { $0 is LinkLost }) { try await openPrices() }
/// ```
///
/// The loop never throws. It ends with `ended`, or without a further word when its task is cancelled. Waiting and
/// opening happen inside the loop's own `await`, on its actor and without a task: nothing is opened ahead, nothing
/// runs on after it.
///
/// - Parameters:
///   - backoff: When to restart, and when not. Interruptions count as tries, so ``Backoff/off`` never restarts.
///     ``Backoff/onSuccess`` is called with the first element of each stream.
///   - completion: Whether a completed stream is restarted, which is the default, or ends all.
///   - stableAfter: How long a stream must have run for the budget to be fresh again; 10 s by default.
///   - stableFrom: From when on that is counted; from the first element by default.
///   - isFree: Tells the errors that cost no try and no wait when they end an open stream; none by default. Given
///     ``StreamCompleted`` for a completion. An error that ``Backoff/giveUp`` calls fatal is never free.
///   - clock: The clock that measures and waits.
///   - open: Opens a stream; called for the first one and for each restart.
/// - Returns: The events of all the streams, one after the other. Each iteration of it opens streams of its own.
public func restarting<Stream: AsyncSequence, Timer: Clock<Duration>>(
    with backoff: Backoff = Backoff(),
    completion: CompletionPolicy = .restart,
    stableAfter: Duration = .seconds(10),
    stableFrom: StableFrom = .firstElement,
    isFree: @escaping @Sendable (any Error) -> Bool = { _ in false },
    clock: Timer = ContinuousClock(),
    _ open: nonisolated(nonsending) @escaping @Sendable () async throws -> Stream
) -> RestartingSequence<Stream, Timer> {
    let machine = { @Sendable in
        RestartMachine(
            backoff,
            completion: completion,
            stableAfter: stableAfter,
            stableFrom: stableFrom,
            isFree: isFree
        )
    }
    return RestartingSequence(machine: machine, clock: clock, open: open)
}
