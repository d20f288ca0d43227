internal import Synchronization

/// The number of a topic's newest event at its source.
///
/// The shards, which get the event later, tell by it the token of one that is on its way from one that never was.
package final class TopicHead: Sendable {
    private let number = Atomic<UInt64>(0)

    /// Of a topic without events.
    package init() {}

    package var sequence: UInt64 { number.load(ordering: .acquiring) }

    /// Called before an event is handed to any shard.
    package func advance(to sequence: UInt64) { number.store(sequence, ordering: .releasing) }
}
