/// How a standby that now leads goes on with one topic: exactly where the log ends, or with a gap.
///
/// It takes the feed, since nothing that the log says from here on is the former leader's.
package struct Takeover {
    /// What is to be done.
    package enum Decision: Equatable, Sendable {
        /// Append these payloads, and what the operation brings from here on.
        case proceed(with: EventPayloads)
        /// Ask again with the next payloads, and at the deadline.
        case wait
        /// Tell a gap, and start the operation anew: the log may have what this one brings yet.
        case gap(AlignmentObstacle)
    }

    /// When to decide at the latest.
    package let deadline: Duration
    private var feed: StandbyFeed
    private let tail: [ArraySlice<UInt8>]?

    /// - Parameters:
    ///   - tail: The log's newest payloads, `TopicState.tailToAlign`.
    ///   - patience: How long to wait for the operation to bring what the log has; less than the lateness that standbys
    ///     allow for.
    ///   - now: When the log's term began.
    package init(
        of feed: StandbyFeed,
        tail: [ArraySlice<UInt8>]?,
        patience: Duration = .seconds(1),
        now: Duration
    ) {
        self.feed = feed
        self.tail = tail
        deadline = now + patience
    }

    /// The operation has brought payloads.
    package mutating func received(_ payloads: EventPayloads, now: Duration) -> Decision {
        feed.received(payloads, now: now)
        return decide(now: now)
    }

    /// The operation broke.
    package mutating func interrupted(now: Duration) -> Decision {
        feed.interrupted()
        return decide(now: now)
    }

    /// Decides with what is known.
    package mutating func decide(now: Duration) -> Decision {
        switch feed.align(tail: tail, now: now) {
        case .found(let index): .proceed(with: feed.suffix(from: index))
        // It could settle only while the former leader was heard.
        case .pending(.young): .gap(.young)
        case .pending(let obstacle): now < deadline ? .wait : .gap(obstacle)
        case .none(let obstacle): .gap(obstacle)
        }
    }
}
