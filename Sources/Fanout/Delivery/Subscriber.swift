internal import GraphQLTransport

/// One client's interest in one topic: a cursor, never a queue of events.
///
/// Lives on its shard's loop.
package final class Subscriber {
    // What a sweep reads comes first, in one piece of memory to fetch.

    // The client owns its subscribers and outlives them; a counted reference costs atomics for each delivery.
    package let owner: UncountedReference<AnyObject>
    /// The position that it needs next.
    ///
    /// It is beyond the head while events that the client has already seen are still on their way to this shard.
    package var cursor: Position
    /// What comes before the payload in a `next` message: it ends with `"payload":`.
    package let prefix: [UInt8]
    /// The number of the last event before a gap that it is told before anything else; nil when there is none.
    package var gap: UInt64?
    /// Here it takes no room: a small member fits behind an optional integer.
    package let encoding: Encoding
    /// What becomes of it when it falls too far behind, if it said so itself; it fits beside the encoding.
    package let lagAction: TopicDefinition.LagAction?
    /// Behind how many events of a client's topic it began, modulo 2³²; 0 when it saw the topic's beginning, or resumes.
    ///
    /// It takes no room either.
    package var begunBehind: UInt32 = 0
    /// Where its operation ends, and why: what came before is delivered first.
    package var ending: Ending?
    /// The position from which on it is told states and refusals: what was before, it was told as it is now.
    package var statesFrom: Position = 0
    private let slotNumber: UInt32
    private var placeNumber: UInt32 = 0
    /// The topic's place in the shard's list.
    package var slot: Slot { Slot(Int(slotNumber)) }
    /// The id of the client's operation; empty for a plain client.
    package let id: String
    /// Its place among the topic's subscribers of its encoding.
    package var place: Int {
        get { Int(placeNumber) }
        set { placeNumber = UInt32(newValue) }
    }

    /// True for a GraphQL client that asked for tokens: its payloads name their event, and it is told of gaps.
    package var hasTokens: Bool { encoding == .resumable }

    /// The end of an operation that the client didn't end.
    package struct Ending {
        /// The first position that it doesn't get.
        package let position: Position
        package let reason: Reason

        package init(position: Position, reason: Reason) {
            self.position = position
            self.reason = reason
        }

        package enum Reason {
            /// Errors of the upstream's, a JSON array.
            case failed([UInt8])
            /// The upstream completed it.
            case completed
            /// Events may be missing, and the client can't be told: it is closed.
            case gap
        }
    }

    package init(
        owner: AnyObject,
        in slot: Slot,
        encoding: Encoding,
        id: String,
        prefix: [UInt8],
        cursor: Position,
        lagAction: TopicDefinition.LagAction? = nil
    ) {
        self.owner = UncountedReference(owner)
        slotNumber = UInt32(slot.index)
        self.encoding = encoding
        self.lagAction = lagAction
        self.id = id
        self.prefix = prefix
        self.cursor = cursor
    }

    /// A whole `next` message of its operation.
    package func message(_ payload: [UInt8]) -> [UInt8] { prefix + payload + MessageWriter.nextSuffix }
}
