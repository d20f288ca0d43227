extension Backoff {
    /// The server's own word on when to try again, such as `Retry-After`, which goes before the waits of the back-off.
    ///
    /// An error that conforms to ``RetryHinting`` brings its hint along. For any other, a closure reads it:
    ///
    /// ```swift
    /// let polite = Backoff().hinted()
    /// let own = Backoff().hinted(max: .seconds(300)) { ($0 as? Refusal)?.secondsToWait.map { .seconds($0) } }
    /// ```
    ///
    /// After an error without a hint, the next of ``Backoff/waits`` is kept. A hinted failure uses up one of them too:
    /// waits that grow have grown meanwhile, and a finite sequence still ends the tries.
    ///
    /// The server is asked, not trusted. No hint is followed beyond ``max``, and one of zero or less is none, so that
    /// a server can neither park its clients for a year nor set them spinning. ``Backoff/maxTries`` and
    /// ``Backoff/maxTime`` hold for hinted waits like for any other.
    public struct Hint: Sendable {
        /// The longest wait on the server's word, before jitter; a longer hint is cut to it.
        ///
        /// The default is 60 s.
        public var max: Duration

        /// What chance makes of a hinted wait; that of the back-off is not applied to it.
        ///
        /// The default is `.random`: never before the moment the server named, and not with all other clients at
        /// once. With `.full` most tries would come too early.
        public var jitter: Jitter

        private let read: (@Sendable (any Error) -> Duration?)?

        /// Creates the rule for hints.
        ///
        /// - Parameters:
        ///   - max: The longest wait on the server's word; 60 s by default.
        ///   - jitter: What chance makes of it; `.random` by default.
        ///   - read: Finds the hint in an error, or nil for none; by default what ``RetryHinting`` says. After a value
        ///     rejected by a predicate, the error is ``ValueRejected`` and holds the value.
        public init(
            max: Duration = .seconds(60),
            jitter: Jitter = .random,
            _ read: (@Sendable (any Error) -> Duration?)? = nil
        ) {
            self.max = max
            self.jitter = jitter
            self.read = read
        }

        /// The wait that is hinted at, cut to ``max`` and before jitter; nil if there is none.
        public func wait(after error: any Error) -> Duration? {
            let hint = if let read { read(error) } else { (error as? any RetryHinting)?.retryAfter }
            guard let wait = hint.map({ Swift.min($0, max).asWait }), wait > .zero else { return nil }
            return wait
        }

        var isCustom: Bool { read != nil }
    }
}
