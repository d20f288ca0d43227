internal import GraphQLTransport

/// A topic as one shard knows it: its history, and who listens here.
struct ShardTopic {
    /// Where it comes from, and how far it has come.
    enum Origin: Equatable {
        /// The operator named it: it stays.
        case configured
        /// A client's operation; the upstream hasn't answered the order of this number yet.
        case ordered(UInt64)
        /// A client's operation that is a topic upstream.
        case opened(order: UInt64, topic: Int)
        /// A client's operation that has ended: nobody joins any more.
        case over
    }

    let definition: TopicDefinition
    /// What a client's operation must be equal to.
    let key: OperationKey
    var origin = Origin.configured
    /// True from its first subscriber on until it was told that nobody listens; for one that starts on demand.
    var isAwake = false
    /// When it lost its last subscriber.
    var emptySince = Duration.zero
    /// True while it is looked at again after a while.
    var isLingering = false
    private(set) var writer: EventWriter
    private(set) var epoch: String
    private let policy: LagPolicy
    var backlog: Backlog
    var status = TopicStatus.waiting
    /// The errors that the upstream refused it with, a JSON array; nil while it isn't failed.
    var errors: [UInt8]?
    private(set) var audience = Audience()
    /// The position after the newest before what is to be swept; nil when nothing is.
    var headBefore: UInt64?

    init(definition: TopicDefinition, key: OperationKey, epoch: String, policy: LagPolicy) {
        self.definition = definition
        self.key = key
        self.epoch = epoch
        self.policy = policy
        writer = EventWriter(topic: definition.name, epoch: epoch)
        backlog = Backlog(topic: definition.name, epoch: epoch, policy: policy)
    }

    /// Takes over what the upstream has of it.
    mutating func open(as index: Int, _ opened: OpenedTopic) {
        guard case .ordered(let number) = origin else { return }
        origin = .opened(order: number, topic: index)
        epoch = opened.epoch
        status = opened.status
        writer = EventWriter(topic: definition.name, epoch: epoch)
        backlog = Backlog(topic: definition.name, epoch: epoch, policy: policy)
        for segment in opened.history { backlog.append(segment) }
        for subscriber in audience.all { subscriber.cursor = joiningCursor }
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

    mutating func add(_ subscriber: Subscriber) { audience.add(subscriber) }

    mutating func remove(_ subscriber: Subscriber) { audience.remove(subscriber) }
}
