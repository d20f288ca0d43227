internal import Fanout
internal import GraphQLTransport
internal import WebSockets

/// The limits of one client, and the end of what its credential is good for.
extension Client {
    /// How much earlier than its credential a connection may end, in seconds.
    private static let expirySpread = 1.0
    /// The longest time until a credential's end that is told from none, in seconds: some thirty years.
    private static let longestAccess = 1e9

    /// Has the connection count for its subject and end with its credential.
    ///
    /// Where the subject has too many by now, the client is closed.
    func limit(to grant: Grant, on shard: isolated Shard) {
        guard shard.subjectPlaces.enter(socket.token, for: grant.subject) else { return stop(at: .subject, on: shard) }
        shard.logger.admitted(self, grant.subject)
        limitTime(to: grant, on: shard)
    }

    /// Has the connection end with a credential; its subject is counted already.
    func limitTime(to grant: Grant, on shard: isolated Shard) {
        guard let expiry = grant.expiry else { return accessEnd = nil }
        // Those that end together don't come back together; earlier, since later they had no right to events.
        let rest = expiry - Authorizer.now - .random(in: 0...Self.expirySpread)
        // A token may name any time at all, and a `Duration` has bounds.
        accessEnd = EventLoop.now + .seconds(min(max(0, rest), Self.longestAccess))
        shard.wheel.schedule(socket.token, at: nextDeadline)
    }

    /// Closes the client: it has met a limit.
    func stop(at limit: ClientLimit, on shard: isolated Shard) {
        // What it has sent before still arrives.
        guard socket.isOpen else { return }
        shard.statistics.met(limit)
        switch limit {
        case .messageRate:
            let rate = shard.admission.allowedMessageRate
            socket.close(CloseCode.policyViolation.rawValue, "more than \(rate) messages within a second")
        case .subject:
            socket.close(CloseCode.tryAgainLater.rawValue, SubjectLedger.refusal)
        case .subscribeRate, .operations: break
        }
    }
}
