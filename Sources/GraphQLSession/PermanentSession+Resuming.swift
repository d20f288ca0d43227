internal import GraphQLTransport
internal import Synchronization

/// How far a subscription has been read, so that the next one goes on from there.
///
/// Behind a fanout-relay, with ``SessionConfiguration/asksForTokens``, an interruption then costs no event as long as
/// the relay holds what was missed; if it doesn't, ``PayloadBatch/gap`` says so. ``token`` may be kept on disk, for
/// the next run of the program.
///
/// ```swift
/// let point = ResumePoint()
/// let events = restarting(with: backoff) { try await session.subscribe(request, resuming: point) }
/// ```
///
/// For one subscription at a time; may be used on any thread.
public final class ResumePoint: Sendable {
    private let state: Mutex<ResumeToken?>

    /// Begins after the event that a token names; nil begins where the server does.
    public init(after token: ResumeToken? = nil) { state = Mutex(token) }

    /// Names the last event of the newest batch that was read; nil before there is one, and where the server doesn't number them.
    public var token: ResumeToken? { state.withLock { $0 } }

    fileprivate var start: SubscriptionStart { token.map(SubscriptionStart.after) ?? .usual }

    /// Notes what its reader took.
    func note(_ batch: PayloadBatch?) {
        guard let token = batch?.token else { return }
        state.withLock { $0 = token }
    }

    fileprivate func forget() { state.withLock { $0 = nil } }
}

extension PermanentSession {
    /// Starts a subscription as ``subscribe(_:)`` does, after the last event that was read before, if the server can.
    ///
    /// Behind a relay that numbers events (``SessionConfiguration/asksForTokens``) nothing that it holds is missed:
    /// the first batch, which may be empty, tells in ``PayloadBatch/gap`` if events may be missing. At any other server
    /// it is a subscription like any other, whose batches have no ``PayloadBatch/start``: what happened meanwhile is
    /// missed.
    ///
    /// - Parameter point: Where to begin; learns how far the results were read.
    /// - Throws: as ``subscribe(_:)`` does.
    public func subscribe(_ request: GraphQLRequest, resuming point: ResumePoint) async throws -> Subscription {
        try await connected()
        return try begin(request, from: point.start, resuming: point)
    }

    /// Starts a subscription where the caller says, if the server numbers events, and anywhere otherwise.
    package func subscribe(_ request: GraphQLRequest, from start: SubscriptionStart) async throws -> Subscription {
        try await connected()
        return try begin(request, from: start, resuming: nil)
    }

    private func begin(
        _ request: GraphQLRequest,
        from start: SubscriptionStart,
        resuming point: ResumePoint?
    ) throws(SessionError) -> Subscription {
        guard machine.hasTokens else {
            // What is read from here on has no numbers, and would be repeated after the former one.
            point?.forget()
            return try begin(request, resuming: point)
        }
        let extensions = RelayMembers.beginning(start, in: request.extensions)
        return try begin(request.with(readExtensions: extensions), resuming: point)
    }
}
