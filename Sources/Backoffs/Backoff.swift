/// How to try again: how long to wait, how often, for how long, and after which errors not at all.
///
/// A back-off is a value. It holds no clock and no state, so one constant serves any number of callers:
///
/// ```swift
/// let patient = Backoff()  // 1 s, 2 s, 4 s … 60 s, with full jitter, for ever
/// let brief = Backoff.constant(.milliseconds(200)).limited(tries: 5)
/// let own = Backoff(waits: [.seconds(1), .seconds(5), .seconds(30)], jitter: .none)
/// let typed = try Backoff(parsing: "exponential(max: 60s) jitter: full tries: 5")
/// ```
///
/// ## What runs on it
///
/// - ``retry(_:clock:operation:)`` calls an operation until it succeeds;
/// - ``retry(_:until:clock:operation:)`` calls one until it returns what you want;
/// - ``restarting(with:completion:stableAfter:stableFrom:isFree:clock:_:)`` keeps an async stream alive;
/// - ``BackoffSchedule`` is the machine below them, for code that keeps its own time.
///
/// Each call of `retry`, and each outage of a restarting stream, has a budget of its own: tries are counted from one,
/// time from zero, and the waits begin with the first.
///
/// ## When it ends
///
/// A try is given up, in this order, when the error is fatal (``giveUp``), when ``maxTries`` or ``maxTime`` is spent,
/// or when ``waits`` has no further wait. `CancellationError` is always fatal. A limit can be a closure, which is
/// asked once for each budget:
///
/// ```swift
/// let tuned = Backoff().limited(tries: { settings.tries }).limited(time: { settings.patience })
/// ```
///
/// ## How long it waits
///
/// The next of ``waits``, changed by ``jitter``; or, with a ``hint``, what the server asked for, bounded:
///
/// ```swift
/// let polite = Backoff.exponential(max: .seconds(60)).hinted(max: .seconds(300))
/// ```
///
/// ## Who is told
///
/// ``onRetry``, ``onSuccess`` and ``onGiveUp``, or any number of them by ``observed(onRetry:onSuccess:onGiveUp:)``:
///
/// ```swift
/// let logged = patient.observed(
///     onRetry: { log.info("try \($0.tries) failed") },
///     onGiveUp: { _ in log.error("gave up") }
/// )
/// ```
///
/// The handlers and ``giveUp`` are plain functions and not `async`, on purpose. They are called between a try and its
/// wait, from machines that never suspend; an `async` one would hold up the retry by a time that no limit bounds. What
/// has to be awaited between two tries, such as a fresh token, belongs at the start of the operation, where it counts
/// as part of the try, may fail and is cancelled with it. A handler with slow work to start hands it on, for instance
/// to the continuation of an `AsyncStream`.
public struct Backoff: Sendable {
    /// The waits before jitter.
    ///
    /// The default is `.exponential(max: .seconds(60))`.
    public var waits: Waits

    /// Whether, and how far, the server's word on when to try again goes before ``waits``.
    ///
    /// The default is nil: not at all.
    public var hint: Hint?

    /// What chance makes of a wait.
    ///
    /// The default is `.full`, which keeps a thousand clients of a restarted server from returning in step.
    public var jitter: Jitter

    /// The number of tries, the first call included; nil is without limit.
    ///
    /// The default is nil. A number below 1 counts as 1, which means no second try. Where a closure is the limit, each
    /// reading asks it; a number set here replaces it.
    public var maxTries: Int? {
        get { triesLimit.value }
        set { triesLimit = .fixed(newValue) }
    }

    /// The time after which a failure is final, measured from the start; nil is without limit.
    ///
    /// The default is nil. The last wait is cut to what remains, so all is over at most one try later. Where a closure
    /// is the limit, each reading asks it; a time set here replaces it.
    public var maxTime: Duration? {
        get { timeLimit.value }
        set { timeLimit = .fixed(newValue) }
    }

    var triesLimit: Limit<Int>
    var timeLimit: Limit<Duration>

    /// Tells the errors that no further try can cure.
    ///
    /// The default calls no error fatal. It may be given ``StreamCompleted`` or ``ValueRejected``, which stand for what
    /// ended a try without an error.
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
        hint: Hint? = nil,
        jitter: Jitter = .full,
        maxTries: Int? = nil,
        maxTime: Duration? = nil,
        giveUp: @escaping @Sendable (any Error) -> Bool = { _ in false },
        onRetry: (@Sendable (Details) -> Void)? = nil,
        onSuccess: (@Sendable (Details) -> Void)? = nil,
        onGiveUp: (@Sendable (Details) -> Void)? = nil
    ) {
        self.waits = waits
        self.hint = hint
        self.jitter = jitter
        triesLimit = .fixed(maxTries)
        timeLimit = .fixed(maxTime)
        self.giveUp = giveUp
        self.onRetry = onRetry
        self.onSuccess = onSuccess
        self.onGiveUp = onGiveUp
    }
}
