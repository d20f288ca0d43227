/// Carries updates from the runner of the topics, which numbers the events, to the shards, which deliver them.
///
/// The relay's own log is its `Broadcaster`, which sends what is appended at once. A log that several relays share,
/// such as a stream on disk, implements this protocol too: it stores what is appended, and hands it to the broadcaster
/// of each relay once it is stored.
package protocol TopicLog: Sendable {
    /// Appends updates in order. Returns at once, and may be called from any thread.
    func append(_ updates: [TopicUpdate], for readers: TopicReaders)

    /// Ends the log after what was appended.
    func close()
}

/// The shards that an update is for.
package enum TopicReaders {
    /// Every shard: the update is about a topic of the operator's.
    case everyShard
    /// The shards that know this topic of clients, or have asked for it.
    case shards(Set<Int>)
}
