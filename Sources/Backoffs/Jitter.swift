extension Backoff {
    /// What chance makes of a wait, so that clients that fell together don't return together.
    public enum Jitter: Sendable {
        /// Waits exactly as given.
        case none

        /// Any time from zero to the wait, which is thereby the longest possible one.
        case full

        /// The wait and up to one second more.
        case random

        /// Whatever your closure returns for the wait and a source of chance.
        case custom(@Sendable (Duration, inout any RandomNumberGenerator) -> Duration)

        /// The wait to be kept in place of the given one; from zero to 100 years.
        public func apply<Generator: RandomNumberGenerator>(
            to wait: Duration,
            using generator: inout Generator
        ) -> Duration {
            let wait = wait.asWait
            switch self {
            case .none:
                return wait
            case .full:
                return Self.random(upTo: wait, using: &generator)
            case .random:
                return (wait + Self.random(upTo: .seconds(1), using: &generator)).asWait
            case .custom(let body):
                var source: any RandomNumberGenerator = generator
                defer { if let used = source as? Generator { generator = used } }
                return body(wait, &source).asWait
            }
        }

        private static func random(upTo wait: Duration, using generator: inout some RandomNumberGenerator) -> Duration {
            Duration(attoseconds: Int128.random(in: 0...wait.attoseconds, using: &generator))
        }
    }
}
