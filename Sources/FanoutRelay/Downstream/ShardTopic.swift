internal import GraphQLTransport

/// A topic as one shard knows it: its history, and who listens here.
struct ShardTopic {
    let definition: TopicDefinition
    /// What a client's operation must be equal to.
    let key: OperationKey
    let writer: EventWriter
    let epoch: String
    var backlog: Backlog
    var status = TopicStatus.waiting
    /// The errors that the upstream refused it with, a JSON array; nil while it isn't failed.
    var errors: [UInt8]?
    private(set) var subscribers: [Subscriber] = []

    init(definition: TopicDefinition, key: OperationKey, epoch: String, policy: LagPolicy) {
        self.definition = definition
        self.key = key
        self.epoch = epoch
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

    /// Where a subscriber starts that asked for a place; with a gap to be told when it may have missed something.
    func cursor(for joining: Joining) -> (cursor: UInt64, gap: UntoldGap?) {
        switch joining {
        case .usual:
            return (joiningCursor, nil)
        case .last(let count):
            return (backlog.position(ofLast: count), nil)
        case .after(let token):
            guard token.epoch == epoch else {
                return (
                    backlog.head,
                    UntoldGap(after: backlog.sequence, reason: "the epoch is over: the relay was started anew")
                )
            }
            guard let position = backlog.position(after: token.sequence) else {
                return (
                    backlog.tail,
                    UntoldGap(
                        after: token.sequence,
                        reason: "what followed event \(token.sequence) is not held any more"
                    )
                )
            }
            return (position, nil)
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
