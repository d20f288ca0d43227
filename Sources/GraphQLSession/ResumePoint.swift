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

    /// Names the last event of the newest batch that was read; nil before there is one, and where the server doesn't
    /// number them.
    public var token: ResumeToken? { state.withLock { $0 } }

    var start: SubscriptionStart { token.map(SubscriptionStart.after) ?? .usual }

    /// Notes what its reader took.
    func note(_ batch: PayloadBatch?) {
        guard let token = batch?.token else { return }
        state.withLock { $0 = token }
    }

    /// Passes over the next event, which can't be taken.
    func skip() { state.withLock { $0 = $0?.advanced(by: 1) } }

    func forget() { state.withLock { $0 = nil } }
}
