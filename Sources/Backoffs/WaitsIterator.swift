#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

extension Backoff.Waits {
    /// One run through the waits.
    public struct Iterator: IteratorProtocol {
        private enum Source {
            case geometric(attoseconds: Double, ratio: Double, range: ClosedRange<Duration>)
            case constant(Duration)
            case fibonacci(Duration, following: Duration, max: Duration)
            case list(IndexingIterator<[Duration]>)
            case custom(any IteratorProtocol<Duration>)
        }

        private var source: Source

        init(_ kind: Kind) {
            switch kind {
            case .exponential(let base, let factor, let max):
                source = .geometric(
                    attoseconds: factor.asWait.attosecondsAsDouble,
                    ratio: base,
                    range: .zero...(max ?? .longestWait).asWait
                )
            case .decay(let initial, let factor, let min):
                source = .geometric(
                    attoseconds: initial.asWait.attosecondsAsDouble,
                    ratio: exp(-factor),
                    range: (min ?? .zero).asWait...(.longestWait)
                )
            case .constant(let wait):
                source = .constant(wait.asWait)
            case .fibonacci(let max):
                source = .fibonacci(.seconds(1), following: .seconds(1), max: (max ?? .longestWait).asWait)
            case .list(let waits):
                source = .list(waits.makeIterator())
            case .custom(let waits):
                source = .custom(Self.iterator(of: waits))
            }
        }

        /// The next wait, from zero to 100 years; nil when there is none.
        public mutating func next() -> Duration? {
            switch source {
            case .geometric(let attoseconds, let ratio, let range):
                let following = Swift.min(attoseconds * ratio, Duration.longestWait.attosecondsAsDouble)
                source = .geometric(attoseconds: following, ratio: ratio, range: range)
                return Duration(attoseconds: Int128(attoseconds.rounded())).clamped(to: range)
            case .constant(let wait):
                return wait
            case .fibonacci(let wait, let following, let max):
                source = .fibonacci(following, following: (wait + following).asWait, max: max)
                return Swift.min(wait, max)
            case .list(var waits):
                let wait = waits.next()
                source = .list(waits)
                return wait?.asWait
            case .custom(var waits):
                let wait = waits.next()
                source = .custom(waits)
                return wait?.asWait
            }
        }

        private static func iterator(of waits: some Sequence<Duration>) -> any IteratorProtocol<Duration> {
            waits.makeIterator()
        }
    }
}
