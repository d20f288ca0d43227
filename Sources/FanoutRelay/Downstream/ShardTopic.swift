internal import GraphQLSession
internal import GraphQLTransport

/// A topic as one shard knows it: its history, and who listens here.
struct ShardTopic {
    /// Where it comes from, and how far it has come.
    enum Origin: Equatable {
        /// The operator named it: it stays.
        case configured
        /// A client's operation; the upstream hasn't answered the request of this number yet.
        case requested(UInt64)
        /// A client's operation that is a topic upstream.
        case opened(request: UInt64, topic: Int)
        /// A client's operation that has ended: nobody joins any more.
        case over
    }

    let definition: TopicDefinition
    /// What is sent to the server, for a topic of clients.
    var request: GraphQLRequest?
    /// What a client's operation must be equal to.
    let key: OperationKey
    var origin = Origin.configured
    /// True from its first subscriber on until it was told that nobody listens; for one that starts on demand.
    var isAwake = false
    /// When it lost its last subscriber.
    var emptySince = Duration.zero
    /// True while it is looked at again after a while.
    var isLingering = false
    /// True when the upstream was told that nobody listens; for a topic of clients.
    var isIdle = false
    private(set) var writer: EventWriter
    private(set) var tokenWriter: TokenWriter
    private(set) var epoch: String
    private let policy: LagPolicy
    /// How far it has come at its source, from where events are on their way here.
    private var source: TopicHead
    var backlog: Backlog
    var status = TopicStatus.waiting
    /// The errors that the upstream refused it with, a JSON array; nil while it isn't failed.
    var errors: [UInt8]?
    /// The position after the newest before what is to be swept; nil when nothing is.
    var headBefore: UInt64?
    private(set) var audience = Audience()
    /// Those of the audience that get a place of their own, or are told it, when the upstream has made the topic.
    private(set) var awaiting: [(subscriber: Subscriber, startPosition: StartPosition)] = []

    init(
        definition: TopicDefinition,
        key: OperationKey,
        epoch: String,
        policy: LagPolicy,
        source: TopicHead = TopicHead()
    ) {
        self.definition = definition
        self.key = key
        self.epoch = epoch
        self.policy = policy
        self.source = source
        writer = EventWriter(topic: definition.name, epoch: epoch)
        tokenWriter = TokenWriter(epoch: epoch)
        backlog = Backlog(topic: definition.name, epoch: epoch, policy: policy)
    }

    /// Takes over what the upstream has of it.
    mutating func open(as index: Int, _ opened: OpenedTopic) {
        guard case .requested(let number) = origin else { return }
        origin = .opened(request: number, topic: index)
        epoch = opened.epoch
        status = opened.status
        writer = EventWriter(topic: definition.name, epoch: epoch)
        tokenWriter = TokenWriter(epoch: epoch)
        backlog = Backlog(topic: definition.name, epoch: epoch, policy: policy)
        backlog.restore(opened.history, forgottenGap: opened.forgottenGap)
        source = opened.head
        for subscriber in audience.all { begin(subscriber, at: startCursor) }
        // Nobody lacks the past.
        headBefore = backlog.head
    }

    /// Where a new subscriber starts.
    var startCursor: UInt64 {
        switch definition.snapshot {
        case .none: backlog.head
        case .last: max(backlog.lastEvent ?? backlog.head, backlog.tail)
        }
    }

    /// Where a subscriber starts that asked for a place; with a gap to be told when it may have missed something.
    func cursor(for startPosition: StartPosition) -> (cursor: UInt64, gap: MissedEvents?) {
        switch startPosition {
        case .usual:
            return (startCursor, nil)
        case .last(let count):
            return (backlog.position(ofLast: count), nil)
        case .after(let token):
            guard token.epoch == epoch else {
                // Nobody knows what it lacks: it gets all there is.
                return (backlog.oldestEvent, .epochOver(after: backlog.sequence(before: backlog.oldestEvent)))
            }
            let (position, isComplete) = backlog.position(after: token.sequence)
            guard token.sequence > backlog.sequence else {
                return (position, isComplete ? nil : .notHeld(after: token.sequence))
            }
            guard isComplete, token.sequence <= source.sequence else {
                return (backlog.head, .ahead(token.sequence, of: backlog.sequence))
            }
            return (position, nil)
        }
    }

    /// Puts an operation at its place.
    func begin(_ subscriber: Subscriber, at cursor: UInt64) {
        subscriber.cursor = cursor
        guard origin != .configured else { return }
        subscriber.begunBehind = UInt32(truncatingIfNeeded: backlog.sequence(before: cursor))
    }

    /// True when an operation got no event of a run that had some, since it came after all of them.
    func missed(_ subscriber: Subscriber) -> Bool {
        subscriber.begunBehind != 0 && subscriber.begunBehind == UInt32(truncatingIfNeeded: backlog.sequence)
    }

    /// Records a segment, and corrects the cursors of those who wait beyond the head for events that they have seen.
    ///
    /// Such a cursor is as far beyond the head as events are left to pass over.
    mutating func append(_ segment: Segment) {
        let (head, sequence) = (backlog.head, backlog.sequence)
        let dropped = segment.sequenceBefore.map { $0 - min($0, sequence) } ?? 0
        backlog.append(segment)
        var passes = true
        if case .events = segment.content { passes = false }
        guard passes || dropped > 0 else { return }
        for subscriber in audience.all where subscriber.cursor > head {
            let lead = subscriber.cursor - head
            if lead < dropped {
                // What was dropped on its way here can't be passed over, and this one lacks some of it.
                subscriber.cursor = head
                subscriber.gap = sequence + lead
            } else {
                subscriber.cursor -= dropped
                if passes, lead > dropped { subscriber.cursor += 1 }
            }
        }
    }

    /// Keeps for later where a subscriber wants to begin.
    mutating func postpone(_ subscriber: Subscriber, _ startPosition: StartPosition) {
        awaiting.append((subscriber, startPosition))
    }

    /// Hands over who was kept for later.
    mutating func takeAwaiting() -> [(subscriber: Subscriber, startPosition: StartPosition)] {
        defer { awaiting = [] }
        return awaiting
    }

    mutating func add(_ subscriber: Subscriber) { audience.add(subscriber) }

    mutating func remove(_ subscriber: Subscriber) {
        if !awaiting.isEmpty { awaiting.removeAll { $0.subscriber === subscriber } }
        audience.remove(subscriber)
    }
}
