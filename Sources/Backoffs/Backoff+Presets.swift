// A kind of wait each, everything else at its default: full jitter, but for `constant`, and no limits.
extension Backoff {
    /// No second try: the first failure is final.
    public static let off = Backoff(waits: [], jitter: .none, maxTries: 1)

    /// Waits that grow by a factor: `factor`, `factor * base`, `factor * base²` …, none longer than `max`.
    ///
    /// With full jitter and without limit.
    ///
    /// - Parameters:
    ///   - base: What each wait is multiplied by; finite and at least 1, or it traps. 2 by default.
    ///   - factor: The first wait; 1 s by default.
    ///   - max: The longest wait; nil, the default, is 100 years.
    public static func exponential(
        base: Double = 2,
        factor: Duration = .seconds(1),
        max: Duration? = nil
    ) -> Backoff {
        Backoff(waits: .exponential(base: base, factor: factor, max: max))
    }

    /// The same wait each time, without jitter and without limit.
    public static func constant(_ wait: Duration) -> Backoff {
        Backoff(waits: .constant(wait), jitter: .none)
    }

    /// Waits of 1, 1, 2, 3, 5, 8 … seconds, none longer than `max`.
    ///
    /// With full jitter and without limit. Without `max`, nil, the longest wait is 100 years.
    public static func fibonacci(max: Duration? = nil) -> Backoff {
        Backoff(waits: .fibonacci(max: max))
    }

    /// Waits that shrink: the n-th, counted from zero, is `initial * e^(-n * factor)`, none shorter than `min`.
    ///
    /// With full jitter and without limit; the jitter goes below `min`.
    ///
    /// - Parameters:
    ///   - initial: The first wait; 1 s by default.
    ///   - factor: How fast the waits shrink; finite and at least 0, or it traps. At 1, the default, each is 37 % of
    ///     the one before.
    ///   - min: The shortest wait; nil, the default, is zero.
    public static func decay(
        initial: Duration = .seconds(1),
        factor: Double = 1,
        min: Duration? = nil
    ) -> Backoff {
        Backoff(waits: .decay(initial: initial, factor: factor, min: min))
    }
}
