/// Sends the updates of all topics to every shard: one `AsyncStream` of batches for each.
///
/// A shard takes everything that arrived since its last sweep as one element, so that a burst becomes one write for
/// each connection. What waits for a shard is bounded in bytes: over the limit the oldest events are dropped, and a gap
/// takes their place.
package final class Broadcaster: TopicLog {
    private let mailboxes: [ShardMailbox]

    /// Makes one mailbox for each shard; each holds at most `limit` payload bytes.
    package init(shards: Int, limit: Int) {
        mailboxes = (0..<shards).map { _ in ShardMailbox(limit: limit) }
    }

    /// Holds at most so many payload bytes for each shard from now on.
    package func set(limit: Int) {
        for mailbox in mailboxes { mailbox.set(limit: limit) }
    }

    /// The batches for a shard; for one reader.
    ///
    /// The reading task should prefer the shard's loop. Otherwise each batch passes through Swift's shared pool first.
    package func batches(for shard: Int) -> AsyncStream<[TopicUpdate]> {
        let mailbox = mailboxes[shard]
        return AsyncStream {
            await mailbox.take()
        } onCancel: {
            mailbox.close()
        }
    }

    /// Appends updates to the mailboxes of their shards.
    package func append(_ updates: [TopicUpdate], for readers: TopicReaders = .everyShard) {
        guard !updates.isEmpty else { return }
        switch readers {
        case .everyShard: for mailbox in mailboxes { mailbox.append(updates) }
        case .shards(let numbers): for number in numbers { mailboxes[number].append(updates) }
        }
    }

    /// Ends all streams, once their readers have taken what waits.
    package func close() {
        for mailbox in mailboxes { mailbox.close() }
    }
}
