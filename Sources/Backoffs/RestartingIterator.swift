/// One iteration of a ``RestartingSequence``.
///
/// Stays on the actor that iterates. While elements flow, `next` is the stream's own `next(isolation:)` and one look at
/// the task's cancellation flag: no clock is read, no task started, nothing allocated.
public struct RestartingIterator<Stream: AsyncSequence, Timer: Clock<Duration>>: AsyncIteratorProtocol {
    /// An element of the streams, or what became of one.
    public typealias Element = StreamEvent<Stream.Element>

    /// Failures are events; the iterator itself never throws.
    public typealias Failure = Never

    // Set exactly while `stream` has delivered an element and not ended: the short way through `next`.
    @usableFromInline var isDelivering = false
    @usableFromInline var stream: Stream.AsyncIterator?
    private var machine: RestartMachine
    private var generator = SystemRandomNumberGenerator()
    private var openAt: Timer.Instant?
    private let origin: Timer.Instant
    private let clock: Timer
    private let open: nonisolated(nonsending) @Sendable () async throws -> Stream

    init(
        machine: RestartMachine,
        clock: Timer,
        open: nonisolated(nonsending) @escaping @Sendable () async throws -> Stream
    ) {
        self.machine = machine
        self.clock = clock
        self.open = open
        origin = clock.now
    }

    /// The next event; nil after `ended` and when the task is cancelled.
    @inlinable
    public mutating func next() async -> StreamEvent<Stream.Element>? {
        await next(isolation: #isolation)
    }

    /// The next event, found without leaving the given actor; nil after `ended` and when the task is cancelled.
    @inlinable
    public mutating func next(isolation actor: isolated (any Actor)?) async -> StreamEvent<Stream.Element>? {
        guard isDelivering, !Task.isCancelled else { return await advance(isolation: actor) }
        do {
            if let element = try await stream?.next(isolation: actor) { return .next(element) }
            return await brokeOff(.completion, isolation: actor)
        } catch {
            return await brokeOff(.failure(error), isolation: actor)
        }
    }

    /// Waits, opens and listens until there is something to tell.
    @usableFromInline
    mutating func advance(isolation actor: isolated (any Actor)?) async -> StreamEvent<Stream.Element>? {
        while true {
            if Task.isCancelled { return finish() }
            let interruption: StreamInterruption
            do {
                switch machine.phase {
                case .opening:
                    if let openAt { try await clock.sleep(until: openAt, tolerance: nil) }
                    stream = try await open().makeAsyncIterator()
                    if machine.opened(at: now) { return .resumed }
                    continue
                case .open:
                    if let element = try await stream?.next(isolation: actor) {
                        machine.delivered(at: now)
                        isDelivering = true
                        return .next(element)
                    }
                    interruption = .completion
                case .delivering, .ended:
                    return finish()
                }
            } catch {
                interruption = .failure(error)
            }
            if let event = react(to: interruption) { return event }
        }
    }

    @usableFromInline
    mutating func brokeOff(
        _ interruption: StreamInterruption,
        isolation actor: isolated (any Actor)?
    ) async -> StreamEvent<Stream.Element>? {
        if let event = react(to: interruption) { return event }
        return await advance(isolation: actor)
    }

    /// The event to report for an interruption, if it is news.
    ///
    /// Lets go of the stream at once, so that it can clean up.
    private mutating func react(to interruption: StreamInterruption) -> StreamEvent<Stream.Element>? {
        stream = nil
        isDelivering = false
        if Task.isCancelled { return finish() }
        let instant = clock.now
        switch machine.interrupted(by: interruption, at: origin.duration(to: instant), using: &generator) {
        case .interrupt(let wait):
            openAt = wait == .zero ? nil : instant.advanced(by: wait)
            return .interrupted(interruption)
        case .reopen(let wait):
            openAt = instant.advanced(by: wait)
            return nil
        case .end(let end):
            return .ended(end)
        }
    }

    private mutating func finish() -> StreamEvent<Stream.Element>? {
        machine.cancelled()
        stream = nil
        isDelivering = false
        return nil
    }

    private var now: Duration { origin.duration(to: clock.now) }
}
