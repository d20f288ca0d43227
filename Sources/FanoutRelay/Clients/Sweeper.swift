internal import Fanout
internal import GraphQLTransport
internal import Logging
internal import Synchronization
internal import WebSockets

/// Delivers events to a shard's clients, without an `await`, an allocation, a closure or a lock for each delivery.
struct Sweeper {
    /// What was handed to the kernel, for the counters.
    struct Tally {
        var frames = 0
        var bytes = 0
    }

    private let statistics: ShardStatistics
    private let logger: Logger
    private var batch = BatchFrames()
    private var buffer = FrameBuffer()
    /// Counts the sweeps, so that a client of several topics gets one write in each.
    private var number: UInt32 = 0
    private var tally = Tally()

    init(statistics: ShardStatistics, logger: Logger) {
        self.statistics = statistics
        self.logger = logger
    }

    /// Drops frames that were built for a slot which now holds another topic.
    mutating func forget() { buffer.forget() }

    /// Delivers what was appended to the backlogs of these topics since the last sweep.
    ///
    /// - Returns: The clients with operations that have to end.
    mutating func sweep(_ slots: [Slot], of topics: inout [ShardTopic], at now: Duration) -> [Client] {
        statistics.sweeps.add(1, ordering: .relaxed)
        number &+= 1
        var ending: [Client] = []
        // No client joins or leaves during the sweep, because the loop reports ends of clients later.
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
            if !audience.isEmpty { record(topics[slot].backlog.events(from: position)) }
        }
        count()
        statistics.sweepTime.record(EventLoop.now - now)
        return ending
    }

    /// Records how many events of a topic were delivered at once, and how long after the first of them was read.
    private func record(_ batch: (count: Int, arrival: Duration)?) {
        guard let batch else { return }
        statistics.batchSize.record(batch.count)
        statistics.deliveryLatency.record(EventLoop.now - batch.arrival, count: batch.count)
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

    /// Makes the frames of a batch; the prefix, with its id, serves the encodings of GraphQL operations.
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

    /// Writes the shared frames to a client that lacks exactly this batch; false when it needs more, or other bytes.
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

    /// Handles a partial write: finishes the frame that was cut, and leaves the rest until there is room.
    private mutating func cut(at sent: Int, for subscriber: Subscriber, _ client: Client) {
        client.isBlocked = true
        guard sent > 0 else { return }
        // The first frame that ends at or after the last byte sent: it was cut, or is the last whole one.
        let cut = batch.position(endingAtOrAfter: sent)
        let end = batch.ends[cut]
        subscriber.cursor = batch.positions.lowerBound + cut + 1
        tally.frames += cut + 1
        tally.bytes += end
        if end > sent { client.socket.finish(batch.bytes[sent..<end]) }
    }

    /// Handles a client that lacks more than this batch, or can't be written to.
    private mutating func catchUp(
        _ subscriber: Subscriber,
        _ client: Client,
        from topics: inout [ShardTopic],
        at now: Duration
    ) {
        guard client.isReady else {
            let isTooFarBehind = topics[subscriber.slot].isTooFarBehind(subscriber, at: now)
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
        // What didn't fit into the buffer follows in another turn of the loop, after the other clients.
        let lacksMore = client.subscribers.contains {
            $0.cursor < $0.ending?.position ?? topics[$0.slot].backlog.head
        }
        if end == buffer.bytes.count, lacksMore { client.socket.requestWritable() }
    }

    // Slow clients.

    /// Takes the lag action of the topic, or the client's own, on a client that fell too far behind.
    private func overtake(_ subscriber: Subscriber, _ client: Client, _ topic: ShardTopic, at now: Duration) {
        let socket = client.socket
        guard socket.isOpen else { return }
        let position: Position
        switch subscriber.lagAction ?? topic.definition.lagAction {
        case .disconnect:
            statistics.tooSlow.add(1, ordering: .relaxed)
            logger.debug(
                "disconnect a slow client",
                metadata: client.metadata(["peer": "\(socket.peer)", "topic": "\(topic.definition.name)"])
            )
            return socket.close(CloseCode.tryAgainLater.rawValue, "Too slow: try again later")
        case .skip:
            position = topic.backlog.position(withinHalfAt: now)
        case .latest:
            position = max(topic.backlog.lastEvent ?? topic.backlog.head, topic.backlog.tail)
        }
        guard position > subscriber.cursor else { return }
        // A client that chose to lose events isn't counted as too slow.
        if subscriber.lagAction == nil { statistics.tooSlow.add(1, ordering: .relaxed) }
        // A gap that hasn't been told yet begins earlier.
        if subscriber.gap == nil { subscriber.gap = topic.backlog.sequence(before: subscriber.cursor) }
        subscriber.cursor = position
    }

    /// Tells a client of its gap, or applies the topic's gap action when its protocol can't.
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
