/// What a shard is told of a topic.
package enum TopicUpdate: Sendable {
    /// History goes on.
    case segment(topic: Int, Segment)
    /// The server answered the topic's operation with these errors, a JSON array.
    case failed(topic: Int, errors: [UInt8])

    /// Payload bytes that it carries.
    var size: Int {
        switch self {
        case .segment(_, let segment): segment.size
        case .failed(_, let errors): errors.count
        }
    }
}
