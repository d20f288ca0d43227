internal import Fanout
internal import GraphQLTransport
internal import Logging
internal import Synchronization
internal import WebSockets

/// Brings a shard's clients what they lack, without `await`, allocation, closure or a lock for each delivery.
struct Sweeper {
    /// What was handed over.
    struct Tally {
        var frames = 0
        var bytes = 0
    }

    private let statistics: ShardStatistics
    private let logger: Logger
    private var batch = BatchFrames()
    private var buffer = FrameBuffer()
    /// Counts the sweeps, so that a client of several topics is written to once in each.
    private var number: UInt64 = 0
    private var tally = Tally()

    init(statistics: ShardStatistics, logger: Logger) {
        self.statistics = statistics
        self.logger = logger
    }

    /// A topic's slot has another tenant: what was built for it isn't good any more.
    mutating func forget() { buffer.forget() }

    /// Brings the subscribers what was appended to the backlogs of topics.
    ///
    /// - Returns: The clients with operations that have ended.
    mutating func sweep(_ slots: [Slot], of topics: inout [ShardTopic], at now: Duration) -> [Client] {
        statistics.sweeps.add(1, ordering: .relaxed)
        number += 1
        var ending: [Client] = []
        // Nobody joins or leaves meanwhile: ends of clients are told from the loop, later.
        for slot in slots {
            guard let position = topics[slot].headBefore else { continue }
            topics[slot].headBefore = nil
            let audience = topics[slot].audience
            for encoding in Encoding.allCases {
                guard let first = audience.first(of: encoding) else { continue }
                fill(from: position, of: &topics[slot].backlog, as: encoding, prefix: first.prefix)
                let positions = batch.positions
                audience.visit(encoding, ownedBy: Client.self) { subscriber, client in
                    let isCurrent = subscriber.cursor == positions.lowerBound && subscriber.gap == nil
                    if isCurrent, deliver(to: subscriber, client, encoding, from: &topics) { return }
                    catchUp(subscriber, client, from: &topics, at: now)
                    if subscriber.ending != nil { ending.append(client) }
                }
            }
        }
        count()
        return ending
    }

    /// Sends a client what it lacks, in one write, as far as the kernel takes it.
    mutating func flush(_ client: Client, from topics: inout [ShardTopic]) {
        write(to: client, from: &topics)
        count()
    }

    private mutating func count() {
        statistics.deliveries.add(tally.frames, ordering: .relaxed)
        statistics.bytes.add(tally.bytes, ordering: .relaxed)
        tally = Tally()
    }

    /// Makes the frames of a batch; the prefix is that of a GraphQL operation.
    private mutating func fill(
        from position: Position,
        of backlog: inout Backlog,
        as encoding: Encoding,
        prefix: [UInt8]
    ) {
        switch encoding {
        case .event, .payload, .eventStream, .payloadStream, .graphQLStream:
            batch.fill(from: position, of: &backlog, as: encoding)
        case .graphQL: batch.fill(from: position, of: backlog, prefix: prefix)
        case .resumable: batch.fill(from: position, of: &backlog, tokensBehind: prefix)
        }
    }

    /// The usual case, one write of frames that others get too; false when it isn't that case.
    @inline(__always)
    private mutating func deliver(
        to subscriber: Subscriber,
        _ client: Client,
        _ encoding: Encoding,
        from topics: inout [ShardTopic]
    ) -> Bool {
        guard !client.isBlocked, client.isSingle, subscriber.ending == nil else { return false }
        if encoding.hasID, !batch.readdress(to: subscriber.prefix) {
            let position = batch.positions.lowerBound
            fill(from: position, of: &topics[subscriber.slot].backlog, as: encoding, prefix: subscriber.prefix)
        }
        guard batch.count > 0 else {
            subscriber.cursor = batch.positions.upperBound
            return true
        }
        guard let sent = client.socket.pushIfReady(batch.bytes[...]) else { return false }
        if sent == batch.bytes.count {
            subscriber.cursor = batch.positions.upperBound
            tally.frames += batch.count
            tally.bytes += sent
        } else {
            cut(at: sent, for: subscriber, client)
        }
        return true
    }

    /// The kernel took a part only: the frame that was cut is finished, what follows waits for room.
    private mutating func cut(at sent: Int, for subscriber: Subscriber, _ client: Client) {
        client.isBlocked = true
        guard sent > 0 else { return }
        // The first frame that ends at or after what was sent is the cut one, or the last whole one.
        let cut = batch.position(endingAtOrAfter: sent)
        let end = batch.ends[cut]
        subscriber.cursor = batch.positions.lowerBound + cut + 1
        tally.frames += cut + 1
        tally.bytes += end
        if end > sent { client.socket.finish(batch.bytes[sent..<end]) }
    }

    /// A client that lacks more than this batch, or can't be written to.
    private mutating func catchUp(
        _ subscriber: Subscriber,
        _ client: Client,
        from topics: inout [ShardTopic],
        at now: Duration
    ) {
        guard client.isReady else {
            let isTooFarBehind = topics[subscriber.slot].backlog.isTooFarBehind(subscriber.cursor, at: now)
            if isTooFarBehind { overtake(subscriber, client, topics[subscriber.slot], at: now) }
            return
        }
        guard client.sweep != number else { return }
        client.sweep = number
        write(to: client, from: &topics)
    }

    private mutating func write(to client: Client, from topics: inout [ShardTopic]) {
        for subscriber in client.subscribers {
            if subscriber.cursor < topics[subscriber.slot].backlog.tail {
                overtake(subscriber, client, topics[subscriber.slot], at: EventLoop.now)
            }
            if subscriber.gap != nil { tellGap(subscriber, client, topics[subscriber.slot]) }
        }
        guard client.isReady else { return }
        buffer.fill(for: client.subscribers, from: &topics)
        guard !buffer.bytes.isEmpty else {
            _ = buffer.advance(client.subscribers, sent: 0)
            return
        }
        let sent = client.socket.push(buffer.bytes[...])
        client.isBlocked = sent < buffer.bytes.count
        let (end, frames) = buffer.advance(client.subscribers, sent: sent)
        if end > sent { client.socket.finish(buffer.bytes[sent..<end]) }
        tally.frames += frames
        tally.bytes += end
        // What is over the buffer's limit follows in another turn, after the other clients.
        let lacksMore = client.subscribers.contains {
            $0.cursor < $0.ending?.position ?? topics[$0.slot].backlog.head
        }
        if end == buffer.bytes.count, lacksMore { client.socket.requestWritable() }
    }

    // Those who are too slow.

    /// A client fell too far behind a topic: what becomes of it is the topic's to say, unless it has said so itself.
    private func overtake(_ subscriber: Subscriber, _ client: Client, _ topic: ShardTopic, at now: Duration) {
        let socket = client.socket
        guard socket.isOpen else { return }
        let position: Position
        switch subscriber.lagAction ?? topic.definition.lagAction {
        case .disconnect:
            statistics.tooSlow.add(1, ordering: .relaxed)
            logger.debug(
                "disconnect a slow client",
                metadata: ["peer": "\(socket.peer)", "topic": "\(topic.definition.name)"]
            )
            return socket.close(CloseCode.tryAgainLater.rawValue, "Too slow: try again later")
        case .skip:
            position = topic.backlog.position(withinHalfAt: now)
        case .latest:
            position = max(topic.backlog.lastEvent ?? topic.backlog.head, topic.backlog.tail)
        }
        guard position > subscriber.cursor else { return }
        // Who asked to be overtaken is as fast as it wants to be.
        if subscriber.lagAction == nil { statistics.tooSlow.add(1, ordering: .relaxed) }
        // A gap that waits to be told already begins earlier.
        if subscriber.gap == nil { subscriber.gap = topic.backlog.sequence(before: subscriber.cursor) }
        subscriber.cursor = position
    }

    /// Tells a client that events are missing, where its protocol has words for it.
    private func tellGap(_ subscriber: Subscriber, _ client: Client, _ topic: ShardTopic) {
        guard let after = subscriber.gap else { return }
        subscriber.gap = nil
        let reason = "the client or the relay was too slow"
        if let message = topic.gapMessage(for: subscriber, after: after, reason: reason) {
            client.socket.isStream ? client.socket.send(event: message) : client.socket.send(text: message)
        } else if topic.definition.gapAction == .continue {
            statistics.untoldGaps.add(1, ordering: .relaxed)
        } else {
            client.closeAtGap()
        }
    }
}
