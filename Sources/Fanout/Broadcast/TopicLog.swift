/// What stands between the runner of the topics, which numbers what happens on them, and the shards, which deliver it.
///
/// The relay's own log is its broadcaster: what is appended is on its way at once. An engine that relays share, such as a
/// stream on disk, stands here too: it takes what is appended, and hands it to the broadcaster of each relay when it is
/// safe.
package protocol TopicLog: Sendable {
    /// Appends what happened, in order. Returns at once, from any thread.
    func append(_ updates: [TopicUpdate], for readers: TopicReaders)

    /// Ends it after what was appended.
    func close()
}

/// The shards that an update is for.
package enum TopicReaders {
    /// All of them: it is about a topic of the operator's.
    case everyShard
    /// Those that know the clients' topic which it is about, or have asked for it.
    case shards(Set<Int>)
}
