package import GraphQLTransport

/// A topic as one shard knows it: its history, and who listens here.
package struct ShardTopic {
    package let definition: TopicDefinition
    /// What a client's operation must be equal to.
    package let key: OperationKey
    /// What is sent to the server for it, if clients asked for it.
    package let request: GraphQLRequest?
    /// True until the runner has answered the request for it.
    package private(set) var isAwaited: Bool
    package private(set) var writer: EventWriter
    package private(set) var tokenWriter: TokenWriter
    package private(set) var epoch: String
    private let policy: LagPolicy
    /// How far it has come at its source, from where events are on their way here.
    private var source: TopicHead
    package var backlog: Backlog
    package var status = TopicStatus.waiting
    /// The errors that the upstream refused it with, a JSON array; nil while it isn't failed.
    package var errors: [UInt8]?
    /// The position after the newest before what is to be swept; nil when nothing is.
    package var headBefore: Position?
    package private(set) var audience = Audience()
    /// Those of the audience that get a place of their own, or are told it, when the upstream has made the topic.
    package private(set) var awaiting: [(subscriber: Subscriber, startPosition: StartPosition)] = []

    package init(
        definition: TopicDefinition,
        key: OperationKey,
        epoch: String,
        policy: LagPolicy,
        source: TopicHead = TopicHead(),
        request: GraphQLRequest? = nil
    ) {
        self.definition = definition
        self.key = key
        self.epoch = epoch
        self.policy = policy
        self.source = source
        self.request = request
        isAwaited = request != nil
        writer = EventWriter(topic: definition.name, epoch: epoch)
        tokenWriter = TokenWriter(epoch: epoch)
        backlog = Backlog(topic: definition.name, epoch: epoch, policy: policy)
    }

    /// Takes over what the upstream has of it.
    package mutating func open(_ opened: OpenedTopic) {
        isAwaited = false
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
    package var startCursor: Position {
        switch definition.snapshot {
        case .none: backlog.head
        case .last: max(backlog.lastEvent ?? backlog.head, backlog.tail)
        }
    }

    /// Where a subscriber starts that asked for a place; with a gap to be told when it may have missed something.
    package func cursor(for startPosition: StartPosition) -> (cursor: Position, gap: MissedEvents?) {
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
    package func begin(_ subscriber: Subscriber, at cursor: Position) {
        subscriber.cursor = cursor
        guard request != nil else { return }
        subscriber.begunBehind = UInt32(truncatingIfNeeded: backlog.sequence(before: cursor))
    }

    /// True when an operation got no event of a run that had some, since it came after all of them.
    package func missed(_ subscriber: Subscriber) -> Bool {
        subscriber.begunBehind != 0 && subscriber.begunBehind == UInt32(truncatingIfNeeded: backlog.sequence)
    }

    /// Records a segment, and corrects the cursors of those who wait beyond the head for events that they have seen.
    ///
    /// Such a cursor is as far beyond the head as events are left to pass over.
    package mutating func append(_ segment: Segment) {
        let (head, sequence) = (backlog.head, backlog.sequence)
        let dropped = segment.sequenceBefore.map { $0 - min($0, sequence) } ?? 0
        backlog.append(segment)
        var passes = true
        if case .events = segment.content { passes = false }
        guard passes || dropped > 0 else { return }
        for subscriber in audience.all where subscriber.cursor > head {
            let lead = subscriber.cursor - head
            if UInt64(lead) < dropped {
                // What was dropped on its way here can't be passed over, and this one lacks some of it.
                subscriber.cursor = head
                subscriber.gap = sequence + UInt64(lead)
            } else {
                subscriber.cursor -= Int(dropped)
                if passes, UInt64(lead) > dropped { subscriber.cursor += 1 }
            }
        }
    }

    /// Keeps for later where a subscriber wants to begin.
    package mutating func postpone(_ subscriber: Subscriber, _ startPosition: StartPosition) {
        awaiting.append((subscriber, startPosition))
    }

    /// Hands over who was kept for later.
    package mutating func takeAwaiting() -> [(subscriber: Subscriber, startPosition: StartPosition)] {
        defer { awaiting = [] }
        return awaiting
    }

    package mutating func add(_ subscriber: Subscriber) { audience.add(subscriber) }

    package mutating func remove(_ subscriber: Subscriber) {
        if !awaiting.isEmpty { awaiting.removeAll { $0.subscriber === subscriber } }
        audience.remove(subscriber)
    }

    /// What tells a subscriber that events are missing behind the one of a number; nil where its protocol has no words
    /// for it.
    package func gapMessage(for subscriber: Subscriber, after: UInt64, reason: String) -> [UInt8]? {
        switch subscriber.encoding {
        case .event: writer.gapMessage(after: after, reason: reason)
        case .eventStream, .payloadStream: writer.streamGap(after: after, reason: reason)
        case .resumable:
            subscriber.message(
                tokenWriter.gap(after: after, until: backlog.sequence(before: subscriber.cursor), reason: reason)
            )
        case .payload, .graphQL, .graphQLStream: nil
        }
    }
}
