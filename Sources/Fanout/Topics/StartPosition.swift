package import GraphQLTransport

/// Where a new subscriber starts in a topic's history.
package enum StartPosition: Equatable {
    /// Where the topic's `snapshot` option says.
    case usual
    /// With the last events, this many if they are held.
    case last(Int)
    /// After the event that the subscriber saw last.
    case after(ResumeToken)

    /// The most events that a client may ask for.
    package static let maximumCount = 100_000

    /// Reads the query parameters `after=EPOCH:SEQUENCE` and `last=COUNT`; `after` wins when both are given.
    package init(after: String?, last: String?) throws(StartPositionError) {
        if let after {
            guard let token = ResumeToken(after) else { throw .after }
            self = .after(token)
        } else if let last {
            guard let count = Int(last), (1...Self.maximumCount).contains(count) else { throw .last }
            self = .last(count)
        } else {
            self = .usual
        }
    }
}

/// A query parameter, or a member of `extensions.relay`, that can't be understood.
package struct StartPositionError: Error, Equatable {
    /// What may be given.
    package let allowed: String

    package init(allowed: String) { self.allowed = allowed }

    package static let after = StartPositionError(allowed: "after is EPOCH:SEQUENCE")
    package static let lag = StartPositionError(allowed: "lag is skip or latest")
    package static let last = StartPositionError(allowed: "last is 1 to \(StartPosition.maximumCount)")
}

extension TopicDefinition.LagAction {
    /// The action that a client chose by the query parameter `lag`; nil when it leaves that to the topic.
    package init?(asked text: String?) throws(StartPositionError) {
        guard let text else { return nil }
        guard let action = Self(rawValue: text), action != .disconnect else { throw .lag }
        self = action
    }
}

/// The gap that a returning subscriber is told before its first event.
package struct MissedEvents: Equatable {
    /// The number of the last event before the gap.
    package let after: UInt64
    package let reason: String

    /// The token names an event of an earlier run of the relay.
    package static func epochOver(after sequence: UInt64) -> MissedEvents {
        MissedEvents(after: sequence, reason: "the epoch is over: the relay, or a topic of clients, was started anew")
    }

    /// The token's event hasn't happened yet; `sequence` is the newest one.
    package static func ahead(_ token: UInt64, of sequence: UInt64) -> MissedEvents {
        MissedEvents(after: sequence, reason: "there is no event \(token) yet: the newest is \(sequence)")
    }

    /// Events that followed the token's event aren't held any more.
    package static func notHeld(after sequence: UInt64) -> MissedEvents {
        MissedEvents(after: sequence, reason: "what followed event \(sequence) is not held any more")
    }
}

extension ResumeToken {
    /// A token of no epoch, which can never be honoured.
    package static let unknown = ResumeToken(epoch: "", sequence: 0)
}
