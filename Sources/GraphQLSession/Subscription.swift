public import GraphQLTransport
internal import WebSockets

/// The results of one subscription, in batches; for one reader.
///
/// ```swift
/// for try await batch in subscription {
///     for payload in batch { show(String(decoding: payload, as: UTF8.self)) }
/// }
/// ```
///
/// It ends with nil when the server completes the operation. It throws a ``QueryError`` when the server refuses the
/// operation with errors, a ``SessionError`` when the link is lost, the session is closed, or what came for it is no
/// result, and a `CancellationError` when the reading task is cancelled; what arrived before is read first. It isn't
/// restarted by itself: wrap it in `restarting(with:)` for that. Letting go of it, or cancelling the reading task,
/// tells the server `complete`, unless the server has completed it. ``payloads`` gives the results one by one.
///
/// Is read on any actor, and stays on it. A second reader at the same time is a programming error, which traps when
/// both wait.
public struct Subscription: AsyncSequence, Sendable {
    /// What arrived together.
    public typealias Element = PayloadBatch
    /// Several types, as above.
    public typealias Failure = any Error

    let mailbox: PayloadMailbox
    let lease: Lease
    /// Learns how far the reader has come.
    let point: ResumePoint?
    /// Whether the server numbers the events.
    package let hasTokens: Bool

    /// Reads; only one iterator may be in use.
    public func makeAsyncIterator() -> Iterator { Iterator(mailbox: mailbox, lease: lease, point: point) }

    /// The reader.
    public struct Iterator: AsyncIteratorProtocol {
        let mailbox: PayloadMailbox
        let lease: Lease
        let point: ResumePoint?

        /// Everything that arrived since the last call; waits if that is nothing.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws -> PayloadBatch? {
            do {
                let batch = try await mailbox.take(isolation: actor)
                point?.note(batch)
                return batch
            } catch let error as SessionError {
                switch error {
                // It would come again, first of all.
                case .tooLarge, .invalidResult: point?.skip()
                default: break
                }
                throw error
            } catch let error as CancellationError {
                // The server learns of it now, though somebody may hold on to the subscription.
                lease.release()
                throw error
            }
        }

        /// Everything that arrived since the last call; waits if that is nothing.
        public mutating func next() async throws -> PayloadBatch? {
            try await next(isolation: #isolation)
        }
    }

    /// Ends the operation when the last reader lets go.
    final class Lease: Sendable {
        let id: UInt64
        private let session: PermanentSession

        init(id: UInt64, session: PermanentSession) {
            self.id = id
            self.session = session
        }

        deinit { release() }

        /// May be called again: ids are never reused.
        func release() {
            session.loop.execute { [id, session] in session.assumeIsolated { $0.release(id) } }
        }
    }
}
