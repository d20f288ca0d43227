internal import Fanout
internal import GraphQLTransport
internal import Logging
internal import Synchronization
internal import WebSockets

/// From a batch to the clients' sockets, without `await`, allocation or a lock for each delivery.
extension Shard {
    /// What a sweep handed over.
    private struct Tally {
        var frames = 0
        var bytes = 0
    }

    /// Appends a batch to the backlogs, and sweeps at once or when the flush interval is over.
    func apply(_ updates: [TopicUpdate]) {
        let now = EventLoop.now
        let wasEmpty = pendingSweep.topics.isEmpty
        for update in updates {
            guard let topic = demand.slot(of: update) else { continue }
            if topics[topic].headBefore == nil {
                topics[topic].headBefore = topics[topic].backlog.head
                pendingSweep.topics.append(topic)
            }
            pendingSweep.bytes += update.size
            switch update {
            case .segment(_, let segment):
                topics[topic].append(segment)
                switch segment.content {
                case .status(let status):
                    topics[topic].status = status
                    // What a refusal says is of no account once it is over: who comes next waits, or starts it anew.
                    if status != .failed { topics[topic].errors = nil }
                    if status == .interrupted { tell(demand.interrupted(topic)) }
                case .gap: passGap(topic)
                case .events, .refused: break
                }
            case .failed(_, let errors):
                end(topic, errors, at: now)
            case .completed:
                end(topic, .completed)
            case .reclaimed:
                tell(demand.reclaimed(topic))
            case .opened(_, let index, let opened):
                open(topic, as: index, opened)
            case .refused(_, let reason):
                end(topic, .failed(MessageWriter.errors(message: reason)))
            }
        }
        if flushInterval == .zero || isDraining || pendingSweep.isFull {
            sweepPending()
        } else if wasEmpty {
            startFlushTimer()
        }
    }

    /// Brings the subscribers what the last batches brought; nothing when that was done.
    func sweepPending() {
        guard !pendingSweep.topics.isEmpty else { return }
        let now = EventLoop.now
        stopFlushTimer()
        statistics.sweeps.add(1, ordering: .relaxed)
        sweep(pendingSweep.topics, at: now)
        for topic in pendingSweep.topics { topics[topic].backlog.trim(at: now) }
        pendingSweep.removeAll()
    }

    /// The upstream refused a topic: its GraphQL operations end here with its errors, plain clients are told and stay.
    private func end(_ topic: Int, _ errors: [UInt8], at now: Duration) {
        topics[topic].errors = errors
        end(topic, .failed(errors))
        // One of clients has ended with its operations, and its place may have another tenant by now.
        guard topic < demand.configured else { return }
        topics[topic].append(Segment(.refused(errors: errors), at: now))
    }

    /// The GraphQL operations of a topic end here, but for those that came after all that it was; a topic of clients
    /// goes with them.
    private func end(_ topic: Int, _ reason: Subscriber.Ending.Reason) {
        let position = topics[topic].backlog.head
        var late: [Subscriber] = []
        for subscriber in topics[topic].audience.all where subscriber.encoding.isOperation && subscriber.ending == nil {
            if topics[topic].missed(subscriber) {
                late.append(subscriber)
            } else {
                subscriber.ending = Subscriber.Ending(position: position, reason: reason)
            }
        }
        demand.retire(topic)
        rerun(late, of: topic)
    }

    /// The newest entry is a gap: what becomes of those who can't be told is the topic's to say.
    private func passGap(_ topic: Int) {
        let position = topics[topic].backlog.head - 1
        var untold = 0
        for subscriber in topics[topic].audience.all
        where !subscriber.encoding.tellsGaps && subscriber.ending == nil {
            // Who has seen events from behind the gap, on another shard, has passed it there.
            guard subscriber.cursor <= position else { continue }
            switch topics[topic].definition.gapAction {
            case .continue: untold += 1
            case .close: subscriber.ending = Subscriber.Ending(position: position, reason: .gap)
            }
        }
        statistics.untoldGaps.add(untold, ordering: .relaxed)
    }

    private func sweep(_ touched: [Int], at now: Duration) {
        sweepNumber += 1
        var tally = Tally()
        var ending: [Client] = []
        // Nobody joins or leaves meanwhile: ends of clients are told from the loop, later.
        for topic in touched {
            guard let position = topics[topic].headBefore else { continue }
            topics[topic].headBefore = nil
            for encoding in Encoding.allCases {
                let audience = unsafe topics[topic].audience[encoding]
                guard let first = unsafe audience.first?.takeUnretainedValue() else { continue }
                fill(from: position, of: topic, as: encoding, prefix: first.prefix)
                unsafe sweep(audience, topic, encoding, at: now, &tally, &ending)
            }
        }
        for client in ending { finishEnded(client) }
        count(tally)
    }

    private func sweep(
        _ audience: [Unmanaged<Subscriber>],
        _ topic: Int,
        _ encoding: Encoding,
        at now: Duration,
        _ tally: inout Tally,
        _ ending: inout [Client]
    ) {
        let positions = batch.positions
        for index in unsafe audience.indices {
            unsafe Prefetch.fetch(audience, behind: index)
            unsafe audience[index]._withUnsafeGuaranteedRef { subscriber in
                let isCurrent = subscriber.cursor == positions.lowerBound && subscriber.gap == nil
                if isCurrent, deliver(to: subscriber, encoding, &tally) { return }
                catchUp(subscriber, topic, at: now, &tally)
                if subscriber.ending != nil { ending.append(subscriber.client) }
            }
        }
    }

    /// Makes the frames of a batch; the prefix is that of a GraphQL operation.
    private func fill(from position: UInt64, of topic: Int, as encoding: Encoding, prefix: [UInt8]) {
        switch encoding {
        case .event, .payload, .eventStream, .payloadStream, .graphQLStream:
            batch.fill(from: position, of: &topics[topic].backlog, as: encoding)
        case .graphQL: batch.fill(from: position, of: topics[topic].backlog, prefix: prefix)
        case .resumable: batch.fill(from: position, of: &topics[topic].backlog, tokensBehind: prefix)
        }
    }

    /// The usual case, one write of frames that others get too; false when it isn't that case.
    @inline(__always)
    private func deliver(to subscriber: Subscriber, _ encoding: Encoding, _ tally: inout Tally) -> Bool {
        unsafe subscriber.clientReference._withUnsafeGuaranteedRef { client in
            guard !client.isBlocked, client.isSingle, subscriber.ending == nil else { return false }
            if encoding.hasID, !batch.readdress(to: subscriber.prefix) {
                let position = batch.positions.lowerBound
                fill(from: position, of: subscriber.topic, as: encoding, prefix: subscriber.prefix)
            }
            guard batch.count > 0 else {
                subscriber.cursor = batch.positions.upperBound
                return true
            }
            return unsafe batch.bytes.withUnsafeBytes { bytes in
                guard let sent = unsafe client.socket.pushIfReady(bytes) else { return false }
                if sent == bytes.count {
                    subscriber.cursor = batch.positions.upperBound
                    tally.frames += batch.count
                    tally.bytes += sent
                } else {
                    unsafe cut(bytes, at: sent, for: subscriber, &tally)
                }
                return true
            }
        }
    }

    /// The kernel took a part only: the frame that was cut is finished, what follows waits for room.
    private func cut(
        _ bytes: UnsafeRawBufferPointer,
        at sent: Int,
        for subscriber: Subscriber,
        _ tally: inout Tally
    ) {
        subscriber.client.isBlocked = true
        guard sent > 0 else { return }
        // The first frame that ends at or after what was sent is the cut one, or the last whole one.
        let cut = batch.position(endingAtOrAfter: sent)
        let end = batch.ends[cut]
        subscriber.cursor = batch.positions.lowerBound + UInt64(cut) + 1
        tally.frames += cut + 1
        tally.bytes += end
        if end > sent { unsafe subscriber.client.socket.finish(UnsafeRawBufferPointer(rebasing: bytes[sent..<end])) }
    }

    /// A client that lacks more than this batch, or can't be written to.
    private func catchUp(_ subscriber: Subscriber, _ topic: Int, at now: Duration, _ tally: inout Tally) {
        let client = subscriber.client
        guard client.isReady else {
            if topics[topic].backlog.isTooFarBehind(subscriber.cursor, at: now) { overtake(subscriber, at: now) }
            return
        }
        guard client.sweep != sweepNumber else { return }
        client.sweep = sweepNumber
        write(to: client, &tally)
    }

    /// Sends a client what it lacks, in one write, as far as the kernel takes it.
    func flush(_ client: Client) {
        var tally = Tally()
        write(to: client, &tally)
        finishEnded(client)
        count(tally)
    }

    private func write(to client: Client, _ tally: inout Tally) {
        for subscriber in client.subscribers {
            if subscriber.cursor < topics[subscriber.topic].backlog.tail { overtake(subscriber, at: EventLoop.now) }
            tellGap(subscriber)
        }
        guard client.isReady else { return }
        buffer.fill(for: client.subscribers, from: &topics)
        guard !buffer.bytes.isEmpty else {
            _ = buffer.advance(client.subscribers, sent: 0)
            return
        }
        let (end, frames) = unsafe buffer.bytes.withUnsafeBytes { bytes in
            let sent = unsafe client.socket.push(bytes)
            client.isBlocked = sent < bytes.count
            let (end, frames) = buffer.advance(client.subscribers, sent: sent)
            if end > sent { unsafe client.socket.finish(UnsafeRawBufferPointer(rebasing: bytes[sent..<end])) }
            return (end, frames)
        }
        tally.frames += frames
        tally.bytes += end
        // What is over the buffer's limit follows in another turn, after the other clients.
        if end == buffer.bytes.count, lacks(client) { client.socket.requestWritable() }
    }

    private func lacks(_ client: Client) -> Bool {
        client.subscribers.contains { $0.cursor < $0.ending?.position ?? topics[$0.topic].backlog.head }
    }

    private func count(_ tally: Tally) {
        statistics.deliveries.add(tally.frames, ordering: .relaxed)
        statistics.bytes.add(tally.bytes, ordering: .relaxed)
    }

    /// A client fell too far behind a topic: what becomes of it is the topic's to say, unless it has said so itself.
    private func overtake(_ subscriber: Subscriber, at now: Duration) {
        let topic = subscriber.topic
        let socket = subscriber.client.socket
        guard socket.isOpen else { return }
        let position: UInt64
        switch subscriber.lagAction ?? topics[topic].definition.lagAction {
        case .disconnect:
            statistics.tooSlow.add(1, ordering: .relaxed)
            logger.debug(
                "disconnect a slow client",
                metadata: ["peer": "\(socket.peer)", "topic": "\(topics[topic].definition.name)"]
            )
            return socket.close(CloseCode.tryAgainLater.rawValue, "Too slow: try again later")
        case .skip:
            position = topics[topic].backlog.position(withinHalfAt: now)
        case .latest:
            position = max(topics[topic].backlog.lastEvent ?? topics[topic].backlog.head, topics[topic].backlog.tail)
        }
        guard position > subscriber.cursor else { return }
        // Who asked to be overtaken is as fast as it wants to be.
        if subscriber.lagAction == nil { statistics.tooSlow.add(1, ordering: .relaxed) }
        // A gap that waits to be told already begins earlier.
        if subscriber.gap == nil { subscriber.gap = topics[topic].backlog.sequence(before: subscriber.cursor) }
        subscriber.cursor = position
    }

    /// Tells a client that events are missing, where its protocol has words for it.
    private func tellGap(_ subscriber: Subscriber) {
        guard let after = subscriber.gap else { return }
        subscriber.gap = nil
        let topic = topics[subscriber.topic]
        let reason = "the client or the relay was too slow"
        switch subscriber.encoding {
        case .event:
            subscriber.client.socket.send(text: topic.writer.gapMessage(after: after, reason: reason))
        case .eventStream, .payloadStream:
            subscriber.client.socket.send(event: topic.writer.streamGap(after: after, reason: reason))
        case .resumable:
            let last = topic.backlog.sequence(before: subscriber.cursor)
            let payload = topic.tokenWriter.gap(after: after, until: last, reason: reason)
            subscriber.client.socket.send(text: subscriber.message(payload))
        case .payload, .graphQL, .graphQLStream:
            guard topic.definition.gapAction == .continue else { return closeAtGap(subscriber.client) }
            statistics.untoldGaps.add(1, ordering: .relaxed)
        }
    }
}
