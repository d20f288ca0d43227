internal import Synchronization

/// The number of a topic's newest event at its source.
///
/// The shards get events later. By this number they tell a resume token whose event is on its way to them from one
/// whose event never happened.
package final class TopicHead: Sendable {
    private let number: Atomic<UInt64>

    package init(at sequence: UInt64 = 0) { number = Atomic(sequence) }

    package var sequence: UInt64 { number.load(ordering: .acquiring) }

    /// Must be called before the event is handed to any shard.
    package func advance(to sequence: UInt64) { number.store(sequence, ordering: .releasing) }
}
