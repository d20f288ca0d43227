internal import GraphQLTransport

/// A topic as one shard knows it: its history, and who listens here.
struct ShardTopic {
    let definition: TopicDefinition
    /// What a client's operation must be equal to.
    let key: OperationKey
    let writer: EventWriter
    var backlog: Backlog
    var status = TopicStatus.waiting
    /// The errors that the upstream refused it with, a JSON array; nil while it isn't failed.
    var errors: [UInt8]?
    private(set) var subscribers: [Subscriber] = []

    init(definition: TopicDefinition, key: OperationKey, epoch: String, policy: LagPolicy) {
        self.definition = definition
        self.key = key
        writer = EventWriter(topic: definition.name, epoch: epoch)
        backlog = Backlog(topic: definition.name, epoch: epoch, policy: policy)
    }

    /// Where a new subscriber starts.
    var joiningCursor: UInt64 {
        switch definition.snapshot {
        case .none: backlog.head
        case .last: max(backlog.lastEvent ?? backlog.head, backlog.tail)
        }
    }

    mutating func add(_ subscriber: Subscriber) {
        subscriber.place = subscribers.count
        subscribers.append(subscriber)
    }

    /// Takes one out; the last one takes its place, so that it costs the same for any number.
    mutating func remove(_ subscriber: Subscriber) {
        let last = subscribers.removeLast()
        guard last !== subscriber else { return }
        subscribers[subscriber.place] = last
        last.place = subscriber.place
    }
}
