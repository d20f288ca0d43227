internal import GraphQLTransport

/// One client's subscription to one topic: a cursor, never a queue of events.
///
/// Lives on its shard's loop.
package final class Subscriber {
    // A sweep reads these members. They come first, so that they share one prefetched piece of memory.

    // Not counted: the client owns its subscribers and outlives them, and counting costs atomics for each delivery.
    package let owner: UncountedReference<AnyObject>
    /// The position of the next entry to deliver.
    ///
    /// It is beyond the head while events that the client has already seen are still on their way to this shard.
    package var cursor: Position
    /// The part of a `next` message before the payload; it ends with `"payload":`.
    package let prefix: [UInt8]
    /// The number of the last event before a gap that the client is told first; nil when there is none.
    package var gap: UInt64?
    /// Declared here because it fits into the padding after the optional `gap`.
    package let encoding: Encoding
    /// What happens when the client falls too far behind, if it chose for itself; also within the padding.
    package let lagAction: TopicDefinition.LagAction?
    /// The number of the last event before the subscriber's first one, modulo 2³²; for a client topic.
    ///
    /// 0 when it began with the topic's first event, or resumed. `ShardTopic.missed` compares it. Also within the
    /// padding.
    package var begunBehind: UInt32 = 0
    /// Where and why its operation ends; what comes before that position is delivered first.
    package var ending: Ending?
    /// The head when the client joined.
    ///
    /// Statuses and refusals before it aren't sent: the client was told the current state.
    /// Before its cursor is there it catches up with what happened earlier, and isn't too slow by that.
    package var statesFrom: Position = 0
    private let slotNumber: UInt32
    private var placeNumber: UInt32 = 0
    /// The topic's slot in the shard's list.
    package var slot: Slot { Slot(Int(slotNumber)) }
    /// The id of the client's operation; empty for a plain client.
    package let id: String
    /// Its index among the topic's subscribers of the same encoding.
    package var place: Int {
        get { Int(placeNumber) }
        set { placeNumber = UInt32(newValue) }
    }

    /// True for a GraphQL client that asked for resume tokens: its payloads carry them, and it is told of gaps.
    package var hasTokens: Bool { encoding == .resumable }

    /// How an operation ends that the client didn't end.
    package struct Ending {
        /// The first position that the client doesn't get.
        package let position: Position
        package let reason: Reason

        package init(position: Position, reason: Reason) {
            self.position = position
            self.reason = reason
        }

        package enum Reason {
            /// The upstream answered with these errors, a JSON array.
            case failed([UInt8])
            /// The upstream completed it.
            case completed
            /// Events may be missing and the protocol can't say so: the client is closed.
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
