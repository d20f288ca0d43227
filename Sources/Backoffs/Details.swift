extension Backoff {
    /// What a handler is told, about a try that just ended.
    public struct Details: Sendable {
        /// The number of tries so far, the one that just ended included.
        public let tries: Int

        /// The time since the start of the first try.
        public let elapsed: Duration

        /// The wait before the next try; nil unless one follows.
        public let wait: Duration?

        /// The error of the try that just ended; nil after a success.
        ///
        /// ``StreamCompleted`` or ``ValueRejected`` where it ended without an error, but not as was wanted.
        public let error: (any Error)?
    }
}
