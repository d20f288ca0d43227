/// What relays of a group say to one another about the topics of a partition that some of them want.
///
/// Topics that clients ask for, and those of the operator that start on demand, run at the leader while a relay wants
/// them. Who wants what isn't kept anywhere: each relay says it again, and what isn't said again is forgotten.
package enum DemandMessage: Equatable, Sendable {
    /// From a relay to all that may lead.
    case report(DemandReport)
    /// From the leader to one relay: it is to send its whole set.
    case resync(DemandResync)
}

/// What a relay wants, or what has changed of it.
package struct DemandReport: Equatable, Sendable {
    package enum Content: Equatable, Sendable {
        /// These are wanted, too; one at least.
        case want([DemandedTopic])
        /// These aren't any more; one at least.
        case release([TopicHash])
        /// All that is wanted, in so many parts, of which the first is number 0; their messages follow one another.
        case set(part: Int, of: Int, [DemandedTopic])
        /// Nothing has changed since the last message, if this is the digest of what is wanted.
        case renew(DemandDigest)
        /// Nothing is wanted any more, and nothing follows.
        case leave
    }

    package var relay: DemandRelay
    /// Which of the relay's messages about the partition this is, from 1, so that a missing one is noticed.
    package var counter: UInt64
    package var content: Content

    package init(relay: DemandRelay, counter: UInt64, _ content: Content) {
        self.relay = relay
        self.counter = counter
        self.content = content
    }
}

/// A process of a relay.
package struct DemandRelay: Hashable, Sendable {
    /// The node's name, 1 to 255 bytes.
    package var node: String
    /// A number of the node's process that is greater than those of the processes before it.
    ///
    /// While messages of a greater one are remembered, those of a lesser one count as late, and are passed over.
    package var incarnation: UInt64

    package init(node: String, incarnation: UInt64) {
        self.node = node
        self.incarnation = incarnation
    }
}

/// A topic that is wanted.
package struct DemandedTopic: Equatable, Sendable {
    package var topic: TopicHash
    /// Nil for a topic that each relay knows from its operator.
    package var request: DemandRequest?

    package init(_ topic: TopicHash, _ request: DemandRequest?) {
        self.topic = topic
        self.request = request
    }
}

/// How a client asked for a topic: the request as JSON, up to 1 MiB; nobody looks into it here.
///
/// Requests for one topic may differ in bytes, and mean the same.
package struct DemandRequest: Hashable, Sendable {
    package var bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }
}

/// The leader's wish for the whole set of a relay.
package struct DemandResync: Equatable, Sendable {
    /// The relay that is to send it; others pass it over.
    package var relay: DemandRelay
    /// The leader's term.
    package var term: UInt64

    package init(relay: DemandRelay, term: UInt64) {
        self.relay = relay
        self.term = term
    }
}
