package import GraphQLTransport

/// A topic on one shard: its history and its subscribers there.
package struct ShardTopic {
    package private(set) var definition: TopicDefinition
    /// Tells whether a client's operation equals the topic's.
    package let key: OperationKey
    /// The request to the server, for a client topic; nil for the operator's.
    package let request: GraphQLRequest?
    /// Who can't begin yet.
    private enum Waiting {
        case nobody
        /// Who comes with a token or asks for past events: it isn't known yet who numbers them.
        case returners
        /// Everybody: the runner hasn't answered the request for the topic, or what was missed during a rest is to
        /// come.
        case everybody
    }

    private var waiting: Waiting
    /// Whether a relay upstream gives the numbers.
    private var isForeign = false
    /// Whether other relays have the same numbers, and may have come further.
    private var hasPeers = false
    /// The epoch that clients were told before it was known who numbers the events, and where these began.
    private var beginning: ResumeToken?
    package private(set) var writer: EventWriter
    package private(set) var tokenWriter: TokenWriter
    package private(set) var epoch: String
    private var policy: LagPolicy
    /// The number of the newest event on the upstream loop; its way to this shard takes a while.
    private var source: TopicHead
    package var backlog: Backlog
    package var status = TopicStatus.waiting { didSet { madeStatusMessage = nil } }
    private var madeStatusMessage: [UInt8]?
    /// The errors with which the upstream refused the operation, a JSON array; nil while it isn't failed.
    package var errors: [UInt8]?
    /// The first position that the next sweep has to deliver; nil when nothing was appended since the last one.
    package var headBefore: Position?
    /// Its subscribers; a copy of the topic has the same ones.
    package let audience = Audience()
    /// Subscribers that joined before the upstream made the topic: their start position is resolved when it has.
    package private(set) var awaiting: [(subscriber: Subscriber, startPosition: StartPosition)] = []

    package init(
        definition: TopicDefinition,
        key: OperationKey,
        epoch: String,
        policy: LagPolicy,
        source: TopicHead = TopicHead(),
        request: GraphQLRequest? = nil,
        isUnnumbered: Bool = false
    ) {
        self.definition = definition
        self.key = key
        self.epoch = epoch
        self.policy = policy
        self.source = source
        self.request = request
        waiting = request != nil ? .everybody : isUnnumbered ? .returners : .nobody
        writer = EventWriter(topic: definition.name, epoch: epoch)
        tokenWriter = TokenWriter(epoch: epoch)
        backlog = Backlog(topic: definition.name, epoch: epoch, policy: policy)
    }

    /// Goes by other options and limits from now on; the operation and the name are the same.
    package mutating func adopt(_ policy: LagPolicy, _ definition: TopicDefinition? = nil) {
        if let definition { self.definition = definition }
        self.policy = policy
        backlog.policy = policy
    }

    /// Takes over the epoch, state and history that the upstream has for the topic.
    ///
    /// - Returns: The subscribers that have begun already, and stand elsewhere now without being told of a gap.
    package mutating func open(_ opened: OpenedTopic) -> [Subscriber] {
        waiting = .nobody
        isForeign = opened.isForeign
        hasPeers = opened.hasPeers
        guard opened.epoch != epoch || opened.start != backlog.sequence || !opened.history.isEmpty else { return [] }
        let former = backlog
        let isSame = opened.epoch == epoch
        if !isSame { renew(epoch: opened.epoch) }
        status = opened.status
        // Positions go on, since subscribers keep some.
        backlog = Backlog(topic: definition.name, epoch: epoch, policy: policy, at: former.head, after: opened.start)
        backlog.restore(opened.history, forgottenGap: opened.forgottenGap)
        source = opened.head
        if !isSame, !opened.isSuccessor, former.sequence == 0 {
            beginning = ResumeToken(epoch: former.epoch, sequence: backlog.sequence)
        }
        for subscriber in audience.all {
            if isSame {
                place(subscriber, after: former.sequence(before: subscriber.cursor))
            } else {
                // Of what was missed with former numbers the gap that follows tells too.
                subscriber.gap = nil
                begin(subscriber, at: opened.isSuccessor ? backlog.head : startCursor)
            }
        }
        // Nothing of the history is to be swept: the cursors say what each subscriber gets of it.
        headBefore = backlog.head
        guard !isSame, !opened.isSuccessor else { return [] }
        let waiting = Set(awaiting.map { ObjectIdentifier($0.subscriber) })
        return audience.all.filter { !waiting.contains(ObjectIdentifier($0)) }
    }

    private mutating func renew(epoch: String) {
        self.epoch = epoch
        writer = EventWriter(topic: definition.name, epoch: epoch)
        tokenWriter = TokenWriter(epoch: epoch)
    }

    /// The `status` message of now, made once for all who come.
    package mutating func statusMessage() -> [UInt8] {
        let message = madeStatusMessage ?? writer.statusMessage(status)
        madeStatusMessage = message
        return message
    }

    /// Has a subscriber go on after an event, with a gap if what followed isn't held.
    private func place(_ subscriber: Subscriber, after sequence: UInt64) {
        let (position, isComplete) = backlog.position(after: sequence)
        subscriber.cursor = position
        if !isComplete, subscriber.gap == nil { subscriber.gap = sequence }
    }

    /// Notes how the operation is.
    package mutating func become(_ status: TopicStatus) {
        self.status = status
        // An old refusal doesn't concern new subscribers: they wait for the restart, or cause one.
        if status != .failed { errors = nil }
        // It rests: what a relay upstream sends of that time comes first when it runs again.
        if status == .waiting, isForeign { waiting = .everybody }
    }

    /// Whether a subscriber can't begin yet.
    package func mustAwait(_ startPosition: StartPosition) -> Bool {
        switch waiting {
        case .nobody: false
        case .returners: startPosition != .usual
        case .everybody: true
        }
    }

    /// Where a new subscriber starts.
    package var startCursor: Position {
        switch definition.snapshot {
        case .none: backlog.head
        case .last: max(backlog.lastEvent ?? backlog.head, backlog.tail)
        }
    }

    /// The cursor for a start position, with a gap to be told when events may be missing before it.
    package func cursor(for startPosition: StartPosition) -> (cursor: Position, gap: MissedEvents?) {
        switch startPosition {
        case .usual:
            return (startCursor, nil)
        case .last(let count):
            return (backlog.position(ofLast: count), nil)
        case .after(var token):
            if token.sequence == 0, let beginning, beginning.epoch == token.epoch {
                token = ResumeToken(epoch: epoch, sequence: beginning.sequence)
            }
            guard token.epoch == epoch else {
                // Sequence numbers of another epoch can't be compared: the subscriber gets everything that is held.
                let oldest = max(backlog.oldestEvent, backlog.reach)
                return (oldest, .epochOver(after: backlog.sequence(before: oldest)))
            }
            let (position, isComplete) = backlog.position(after: token.sequence)
            guard token.sequence > backlog.sequence else {
                return (position, isComplete ? nil : .notHeld(after: token.sequence))
            }
            guard isComplete, hasPeers || token.sequence <= source.sequence else {
                return (backlog.head, .ahead(token.sequence, of: backlog.sequence))
            }
            return (position, nil)
        }
    }

    /// Sets a subscriber's first position.
    package func begin(_ subscriber: Subscriber, at cursor: Position) {
        subscriber.cursor = cursor
        guard request != nil else { return }
        subscriber.begunBehind = UInt32(truncatingIfNeeded: backlog.sequence(before: cursor))
    }

    /// True when a client topic had events, but this subscriber got none since it joined after the last one.
    package func missed(_ subscriber: Subscriber) -> Bool {
        subscriber.begunBehind != 0 && subscriber.begunBehind == UInt32(truncatingIfNeeded: backlog.sequence)
    }

    /// Appends a segment, and corrects the cursors that are beyond the head.
    ///
    /// Such a client has already seen events that are still on their way to this shard; its cursor is as far beyond the
    /// head as there are such events. A gap or status takes a position without being one of them.
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
                // Events that the client hasn't seen were dropped on their way here too: it gets a gap.
                subscriber.cursor = head
                subscriber.gap = sequence + UInt64(lead)
            } else {
                subscriber.cursor -= Int(dropped)
                if passes, UInt64(lead) > dropped { subscriber.cursor += 1 }
            }
        }
    }

    /// Keeps a start position until the upstream has made the topic.
    package mutating func postpone(_ subscriber: Subscriber, _ startPosition: StartPosition) {
        awaiting.append((subscriber, startPosition))
    }

    /// Removes and returns the subscribers that wait for the topic.
    package mutating func takeAwaiting() -> [(subscriber: Subscriber, startPosition: StartPosition)] {
        defer { awaiting = [] }
        return awaiting
    }

    /// Gives up the history of a topic that has gone with its last subscriber; its slot may be free for long.
    package mutating func forgetHistory() {
        backlog = Backlog(topic: definition.name, epoch: epoch, policy: policy)
        headBefore = nil
        errors = nil
    }

    package mutating func add(_ subscriber: Subscriber) { audience.add(subscriber) }

    package mutating func remove(_ subscriber: Subscriber) {
        if !awaiting.isEmpty { awaiting.removeAll { $0.subscriber === subscriber } }
        audience.remove(subscriber)
    }

    /// The message that tells a subscriber of events missing after number `after`; nil when its protocol has none.
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
