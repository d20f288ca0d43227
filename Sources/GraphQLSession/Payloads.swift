internal import GraphQLTransport

extension Subscription {
    /// The same results one by one, for the same one reader.
    ///
    /// ```swift
    /// for try await payload in subscription.payloads {
    ///     show(payload.text)
    /// }
    /// ```
    ///
    /// Batches cost less where results are many; this is simpler where each is handled for itself.
    public var payloads: Payloads { Payloads(batches: self) }

    /// The results of a subscription one by one.
    ///
    /// It ends and throws as ``Subscription`` does.
    public struct Payloads: AsyncSequence, Sendable {
        /// One result.
        public typealias Element = Payload
        /// Several types: what ``Subscription`` throws.
        public typealias Failure = any Error

        let batches: Subscription

        /// Reads; only one iterator of a subscription may be in use.
        public func makeAsyncIterator() -> Iterator { Iterator(batches.makeAsyncIterator()) }

        /// The reader.
        public struct Iterator: AsyncIteratorProtocol {
            private var batches: Subscription.Iterator
            private var batch = PayloadBatch()
            private var position = 0
            /// The gap before the next payload.
            private var gap: String?

            init(_ batches: Subscription.Iterator) { self.batches = batches }

            /// The next result; waits if there is none yet.
            public mutating func next(isolation actor: isolated (any Actor)?) async throws -> Payload? {
                while position == batch.endIndex {
                    guard let next = try await batches.next(isolation: actor) else { return nil }
                    (batch, position) = (next, 0)
                    gap = next.gap ?? gap
                }
                defer { position += 1 }
                return Payload(
                    batch[position],
                    dropped: position == 0 ? batch.dropped : 0,
                    gap: gap.take(),
                    token: batch.start?.advanced(by: position + 1)
                )
            }

            /// The next result; waits if there is none yet.
            public mutating func next() async throws -> Payload? { try await next(isolation: #isolation) }
        }
    }
}
