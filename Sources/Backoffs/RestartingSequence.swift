/// A stream that is opened anew when it breaks off, as an async sequence of ``StreamEvent``.
///
/// Made by ``restarting(with:completion:stableAfter:stableFrom:isFree:clock:_:)``.
public struct RestartingSequence<Stream: AsyncSequence, Timer: Clock<Duration>>: AsyncSequence, Sendable {
    /// An element of the streams, or what became of one.
    public typealias Element = StreamEvent<Stream.Element>

    /// Failures are events; the sequence itself never throws.
    public typealias Failure = Never

    let machine: @Sendable () -> RestartMachine
    let clock: Timer
    let open: nonisolated(nonsending) @Sendable () async throws -> Stream

    /// Starts an iteration with streams and a budget of its own.
    public func makeAsyncIterator() -> RestartingIterator<Stream, Timer> {
        RestartingIterator(machine: machine(), clock: clock, open: open)
    }
}
