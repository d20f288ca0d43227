// A copy each that differs in one point.
extension Backoff {
    /// The same back-off with another jitter.
    public func jittered(_ jitter: Jitter) -> Backoff {
        var copy = self
        copy.jitter = jitter
        return copy
    }

    /// The same back-off with at most this many tries, the first included.
    ///
    /// A number below 1 counts as 1, which means no second try.
    public func limited(tries: Int) -> Backoff {
        var copy = self
        copy.maxTries = tries
        return copy
    }

    /// The same back-off, given up after this time, measured as ``maxTime`` is.
    ///
    /// The last wait is cut to what remains, and the try after it may take as long as it takes.
    public func limited(time: Duration) -> Backoff {
        var copy = self
        copy.maxTime = time
        return copy
    }

    /// The same back-off with a number of tries that is asked for at the first failure of each call or outage.
    ///
    /// - Parameter tries: The number of tries, the first included; nil is without limit.
    public func limited(tries: @escaping @Sendable () -> Int?) -> Backoff {
        var copy = self
        copy.triesLimit = .asked(tries)
        return copy
    }

    /// The same back-off with a time limit that is asked for at the first failure of each call or outage.
    ///
    /// - Parameter time: The time after which to give up; nil is without limit.
    public func limited(time: @escaping @Sendable () -> Duration?) -> Backoff {
        var copy = self
        copy.timeLimit = .asked(time)
        return copy
    }

    /// The same back-off, which waits as the server asks where it does.
    ///
    /// - Parameters:
    ///   - max: The longest wait on the server's word; 60 s by default.
    ///   - jitter: What chance makes of it; by default up to one second more.
    ///   - read: Finds the hint in an error, or nil for none; by default what ``RetryHinting`` says.
    public func hinted(
        max: Duration = .seconds(60),
        jitter: Jitter = .random,
        _ read: (@Sendable (any Error) -> Duration?)? = nil
    ) -> Backoff {
        var copy = self
        copy.hint = Hint(max: max, jitter: jitter, read)
        return copy
    }

    /// The same back-off, which also gives up after the errors told.
    ///
    /// ```swift
    /// let careful = patient.givingUp { $0 is QueryError }
    /// ```
    ///
    /// - Parameter isFatal: Called after each failure, before the handlers; true makes it the last.
    public func givingUp(when isFatal: @escaping @Sendable (any Error) -> Bool) -> Backoff {
        var copy = self
        copy.giveUp = { [giveUp] error in giveUp(error) || isFatal(error) }
        return copy
    }

    /// The same back-off, which also calls these handlers, each after the one it has already.
    public func observed(
        onRetry: (@Sendable (Details) -> Void)? = nil,
        onSuccess: (@Sendable (Details) -> Void)? = nil,
        onGiveUp: (@Sendable (Details) -> Void)? = nil
    ) -> Backoff {
        var copy = self
        copy.onRetry = Self.both(copy.onRetry, onRetry)
        copy.onSuccess = Self.both(copy.onSuccess, onSuccess)
        copy.onGiveUp = Self.both(copy.onGiveUp, onGiveUp)
        return copy
    }

    private static func both(
        _ first: (@Sendable (Details) -> Void)?,
        _ second: (@Sendable (Details) -> Void)?
    ) -> (@Sendable (Details) -> Void)? {
        guard let first, let second else { return first ?? second }
        return { details in
            first(details)
            second(details)
        }
    }
}
