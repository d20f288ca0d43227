// A kind of wait each, everything else at its default.
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

    /// Waits that shrink: the n-th, counted from zero, is `initial * e^(-n * factor)`, none shorter than `min`.
    public static func decay(
        initial: Duration = .seconds(1),
        factor: Double = 1,
        min: Duration? = nil
    ) -> Backoff {
        Backoff(waits: .decay(initial: initial, factor: factor, min: min))
    }
}
