/// How to try again: how long to wait, how often, for how long, and after which errors not at all.
///
/// A back-off is a value. It holds no clock and no state, so one constant serves any number of callers:
///
/// ```swift
/// let patient = Backoff()                                   // 1 s, 2 s, 4 s … 60 s, with full jitter, for ever
/// let brief = Backoff.constant(.milliseconds(200)).limited(tries: 5)
/// let own = Backoff(waits: [.seconds(1), .seconds(5), .seconds(30)], jitter: .none)
/// let typed = try Backoff(parsing: "exponential(max: 60s) jitter: full tries: 5")
/// ```
///
/// Three things run on it:
///
/// - ``retry(_:clock:operation:)`` calls an operation until it succeeds;
/// - ``restarting(with:completion:stableAfter:stableFrom:clock:_:)`` keeps an async stream alive;
/// - ``BackoffSchedule`` is the machine below both, for code that keeps its own time.
///
/// A try is given up, in this order, when the error is fatal (``giveUp``), when ``maxTries`` or ``maxTime`` is spent,
/// or when ``waits`` has no further wait. `CancellationError` is always fatal.
public struct Backoff: Sendable {
    /// The waits before jitter.
    ///
    /// The default is `.exponential(max: .seconds(60))`.
    public var waits: Waits

    /// What chance makes of a wait.
    ///
    /// The default is `.full`, which keeps a thousand clients of a restarted server from returning in step.
    public var jitter: Jitter

    /// The number of tries, the first call included; nil is without limit.
    ///
    /// The default is nil. A number below 1 counts as 1, which means no second try.
    public var maxTries: Int?

    /// The time after which a failure is final, measured from the start; nil is without limit.
    ///
    /// The default is nil. The last wait is cut to what remains, so all is over at most one try later.
    public var maxTime: Duration?

    /// Tells the errors that no further try can cure.
    ///
    /// The default calls no error fatal.
    public var giveUp: @Sendable (any Error) -> Bool

    /// Called before each wait, with the wait to come and the error that caused it.
    public var onRetry: (@Sendable (Details) -> Void)?

    /// Called after a try that succeeded, the first included.
    public var onSuccess: (@Sendable (Details) -> Void)?

    /// Called once no further try will be made, with the last error.
    public var onGiveUp: (@Sendable (Details) -> Void)?

    /// Creates a back-off; what is left out has the default named at the property.
    public init(
        waits: Waits = .exponential(max: .seconds(60)),
        jitter: Jitter = .full,
        maxTries: Int? = nil,
        maxTime: Duration? = nil,
        giveUp: @escaping @Sendable (any Error) -> Bool = { _ in false },
        onRetry: (@Sendable (Details) -> Void)? = nil,
        onSuccess: (@Sendable (Details) -> Void)? = nil,
        onGiveUp: (@Sendable (Details) -> Void)? = nil
    ) {
        self.waits = waits
        self.jitter = jitter
        self.maxTries = maxTries
        self.maxTime = maxTime
        self.giveUp = giveUp
        self.onRetry = onRetry
        self.onSuccess = onSuccess
        self.onGiveUp = onGiveUp
    }
}

// Presets: a kind of wait, everything else at its default.
extension Backoff {
    /// No second try: the first failure is final.
    public static let off = Backoff(waits: [], jitter: .none, maxTries: 1)

    /// Waits that grow by a factor: `factor`, `factor * base`, `factor * base²` …, none longer than `max`.
    public static func exponential(
        base: Double = 2,
        factor: Duration = .seconds(1),
        max: Duration? = nil
    ) -> Backoff {
        Backoff(waits: .exponential(base: base, factor: factor, max: max))
    }

    /// The same wait each time, without jitter.
    public static func constant(_ wait: Duration) -> Backoff {
        Backoff(waits: .constant(wait), jitter: .none)
    }

    /// Waits of 1, 1, 2, 3, 5, 8 … seconds, none longer than `max`.
    public static func fibonacci(max: Duration? = nil) -> Backoff {
        Backoff(waits: .fibonacci(max: max))
    }
}

// Refinements: a copy that differs in one point.
extension Backoff {
    /// The same back-off with another jitter.
    public func jittered(_ jitter: Jitter) -> Backoff {
        var copy = self
        copy.jitter = jitter
        return copy
    }

    /// The same back-off with at most this many tries, the first included.
    public func limited(tries: Int) -> Backoff {
        var copy = self
        copy.maxTries = tries
        return copy
    }

    /// The same back-off, given up after this time.
    public func limited(time: Duration) -> Backoff {
        var copy = self
        copy.maxTime = time
        return copy
    }

    /// The same back-off, which also gives up after the errors told.
    public func givingUp(when isFatal: @escaping @Sendable (any Error) -> Bool) -> Backoff {
        var copy = self
        copy.giveUp = { [giveUp] error in giveUp(error) || isFatal(error) }
        return copy
    }
}
