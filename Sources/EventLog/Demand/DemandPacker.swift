/// Divides what a relay has to say among messages within a limit.
struct DemandPacker {
    /// What a message may take beside its topics: version, kind, relay, counter, parts and the number of topics.
    private static let head = 1 + 1 + (2 + RecordLimits.node + 8) + 9 + 2 * 3 + 3
    /// What a topic takes without its request.
    private static let hash = 16

    /// How large the topics of a message may be together.
    private let room: Int

    /// - Parameter limit: The largest message, in bytes; 4096 at least.
    init(limit: Int) {
        precondition(limit >= MessagePacker.leastLimit, "a message holds too little")
        room = limit - Self.head
    }

    /// Whether a topic fits a message by itself.
    func fits(_ topic: DemandedTopic) -> Bool { topic.size.map { $0 <= room } ?? false }

    /// Divides topics, each of which fits, in their order.
    func divide(_ topics: [DemandedTopic]) -> [[DemandedTopic]] {
        var (messages, message, left) = ([[DemandedTopic]](), [DemandedTopic](), room)
        for topic in topics {
            let size = topic.size ?? room
            if size > left || message.count == DemandLimits.topicsOfMessage {
                messages.append(message)
                (message, left) = ([], room)
            }
            message.append(topic)
            left -= size
        }
        if !message.isEmpty { messages.append(message) }
        return messages
    }

    func divide(_ topics: [TopicHash]) -> [[TopicHash]] {
        let count = min(room / Self.hash, DemandLimits.topicsOfMessage)
        return stride(from: 0, to: topics.count, by: count).map { start in
            Array(topics[start..<min(start + count, topics.count)])
        }
    }
}
