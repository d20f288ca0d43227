/// Sends what happens on the topics to every shard, as an `AsyncStream` of batches for each.
///
/// A shard takes everything that arrived since its last sweep as one element, so that a burst becomes one write for
/// each connection. What waits for a shard is bounded in bytes; over that the oldest goes and a gap takes its place.
package final class Broadcaster: TopicLog {
    private let mailboxes: [ShardMailbox]

    /// Makes one with a mailbox for each shard, of at most `limit` payload bytes.
    package init(shards: Int, limit: Int) {
        mailboxes = (0..<shards).map { _ in ShardMailbox(limit: limit) }
    }

    /// The batches for a shard; for one reader.
    ///
    /// Read them in a task that prefers the shard's loop: else each batch takes its way over the shared pool.
    package func batches(for shard: Int) -> AsyncStream<[TopicUpdate]> {
        let mailbox = mailboxes[shard]
        return AsyncStream {
            await mailbox.take()
        } onCancel: {
            mailbox.close()
        }
    }

    /// Hands updates to shards.
    package func append(_ updates: [TopicUpdate], for readers: TopicReaders = .everyShard) {
        guard !updates.isEmpty else { return }
        switch readers {
        case .everyShard: for mailbox in mailboxes { mailbox.append(updates) }
        case .shards(let numbers): for number in numbers { mailboxes[number].append(updates) }
        }
    }

    /// Ends all streams after what waits.
    package func close() {
        for mailbox in mailboxes { mailbox.close() }
    }
}
