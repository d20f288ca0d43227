extension Backoff {
    /// The waits between tries, before jitter.
    ///
    /// A sequence like any other, started anew for each budget:
    ///
    /// ```swift
    /// let first = Array(Backoff.Waits.exponential(max: .seconds(5)).prefix(5))  // 1 s, 2 s, 4 s, 5 s, 5 s
    /// ```
    ///
    /// Your own sequence serves as well; when a finite one is exhausted, the back-off gives up. Whatever the source,
    /// a negative wait counts as zero and one of more than 100 years as 100 years, so that no sum ever overflows.
    public struct Waits: Sequence, Sendable, ExpressibleByArrayLiteral {
        enum Kind: Sendable {
            case exponential(base: Double, factor: Duration, max: Duration?)
            case constant(Duration)
            case fibonacci(max: Duration?)
            case decay(initial: Duration, factor: Double, min: Duration?)
            case list([Duration])
            case custom(any Sequence<Duration> & Sendable)
        }

        let kind: Kind

        /// Waits that grow by a factor: `factor`, `factor * base`, `factor * base²` …, none longer than `max`.
        ///
        /// - Parameters:
        ///   - base: What each wait is multiplied by; finite and at least 1, or it traps. 2 by default.
        ///   - factor: The first wait; 1 s by default.
        ///   - max: The longest wait; nil, the default, is 100 years.
        public static func exponential(
            base: Double = 2,
            factor: Duration = .seconds(1),
            max: Duration? = nil
        ) -> Waits {
            precondition(base.isFinite && base >= 1, "the base of exponential waits is a number from 1 up, not \(base)")
            return Waits(kind: .exponential(base: base, factor: factor, max: max))
        }

        /// The same wait each time, without end.
        public static func constant(_ wait: Duration) -> Waits {
            Waits(kind: .constant(wait))
        }

        /// Waits of 1, 1, 2, 3, 5, 8 … seconds, none longer than `max`.
        public static func fibonacci(max: Duration? = nil) -> Waits {
            Waits(kind: .fibonacci(max: max))
        }

        /// Waits that shrink: the n-th, counted from zero, is `initial * e^(-n * factor)`, none shorter than `min`.
        ///
        /// - Parameters:
        ///   - initial: The first wait; 1 s by default.
        ///   - factor: How fast the waits shrink; finite and at least 0, or it traps. At 1, the default, each is 37 %
        ///     of the one before.
        ///   - min: The shortest wait; nil, the default, is zero.
        public static func decay(
            initial: Duration = .seconds(1),
            factor: Double = 1,
            min: Duration? = nil
        ) -> Waits {
            precondition(factor.isFinite && factor >= 0, "the factor of decay is a number from 0 up, not \(factor)")
            return Waits(kind: .decay(initial: initial, factor: factor, min: min))
        }

        /// The waits of any sequence; its end is the end of the tries.
        ///
        /// Its `makeIterator` is called for each budget, which is the place for waits that depend on a setting.
        public static func sequence(_ waits: some Sequence<Duration> & Sendable) -> Waits {
            if let waits = waits as? Waits { return waits }
            if let slice = waits as? ArraySlice<Duration> { return Waits(kind: .list(Array(slice))) }
            if let list = waits as? [Duration] { return Waits(kind: .list(list)) }
            return Waits(kind: .custom(waits))
        }

        /// The waits listed, then no more.
        public init(arrayLiteral waits: Duration...) {
            self.init(kind: .list(waits))
        }

        init(kind: Kind) {
            self.kind = kind
        }

        /// The waits from the first on.
        public func makeIterator() -> Iterator {
            Iterator(kind)
        }
    }
}
