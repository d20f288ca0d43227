import GraphQLTransport

@testable import Fanout

/// What owns subscribers in place of a client: neither topics nor frames look at it.
final class Owner {
    var subscribers: [Subscriber] = []

    init() {}

    /// One with a subscriber of the first topic.
    init(_ encoding: Encoding, id: String = "", cursor: Position = 0) {
        subscribe(0, encoding, id: id, cursor: cursor)
    }

    func subscribe(_ slot: Slot, _ encoding: Encoding, id: String = "", cursor: Position = 0) {
        subscribers.append(
            Subscriber(
                owner: self,
                in: slot,
                encoding: encoding,
                id: id,
                prefix: encoding.hasID ? MessageWriter.nextPrefix(id: id) : [],
                cursor: cursor
            )
        )
    }
}

extension ShardTopic {
    static func sample(
        _ name: String,
        policy: LagPolicy = LagPolicy(),
        source: TopicHead = TopicHead()
    ) throws -> ShardTopic {
        let definition = try TopicDefinition(name: name, document: "subscription { \(name) }")
        return ShardTopic(
            definition: definition,
            key: try definition.key(),
            epoch: "e",
            policy: policy,
            source: source
        )
    }
}
