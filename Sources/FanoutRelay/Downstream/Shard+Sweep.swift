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

    func apply(_ updates: [TopicUpdate]) {
        let now = EventLoop.now
        var touched: [Int] = []
        for update in updates {
            guard let topic = place(of: update) else { continue }
            if topics[topic].headBefore == nil {
                topics[topic].headBefore = topics[topic].backlog.head
                touched.append(topic)
            }
            switch update {
            case .segment(_, let segment):
                topics[topic].backlog.append(segment)
                if case .status(let status) = segment.content {
                    topics[topic].status = status
                    if status == .live { topics[topic].errors = nil }
                }
            case .failed(_, let errors):
                end(topic, errors, at: now)
            case .completed:
                end(topic, .completed)
            case .opened(_, let index, let opened):
                open(topic, as: index, opened)
            case .refused(_, let reason):
                end(topic, .failed(MessageWriter.errors(message: reason)))
            }
        }
        sweep(touched, at: now)
        for topic in touched { topics[topic].backlog.trim(at: now) }
        statistics.sweeps.add(1, ordering: .relaxed)
    }

    /// The upstream refused a topic: its GraphQL operations end here with its errors, plain clients are told and stay.
    private func end(_ topic: Int, _ errors: [UInt8], at now: Duration) {
        topics[topic].errors = errors
        end(topic, .failed(errors))
        topics[topic].backlog.append(Segment(.refused(errors: errors), at: now))
    }

    /// The GraphQL operations of a topic end here; a topic of clients goes with them.
    private func end(_ topic: Int, _ reason: Subscriber.Ending.Reason) {
        let position = topics[topic].backlog.head
        for subscriber in topics[topic].audience.all where subscriber.encoding.isOperation && subscriber.ending == nil {
            subscriber.ending = Subscriber.Ending(position: position, reason: reason)
        }
        retire(topic)
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
                if encoding == .graphQL {
                    batch.fill(from: position, of: topics[topic].backlog, prefix: first.prefix)
                } else {
                    batch.fill(from: position, of: &topics[topic].backlog, as: encoding)
                }
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
        unsafe audience.forEach { reference in
            unsafe reference._withUnsafeGuaranteedRef { subscriber in
                let isCurrent = subscriber.cursor == positions.lowerBound && subscriber.gap == nil
                if isCurrent, deliver(to: subscriber, encoding, &tally) { return }
                catchUp(subscriber, topic, at: now, &tally)
                if subscriber.ending != nil { ending.append(subscriber.client) }
            }
        }
    }

    /// The usual case, one write of frames that others get too; false when it isn't that case.
    @inline(__always)
    private func deliver(to subscriber: Subscriber, _ encoding: Encoding, _ tally: inout Tally) -> Bool {
        unsafe subscriber.owner._withUnsafeGuaranteedRef { client in
            guard !client.isBlocked, client.subscribers.count == 1, subscriber.ending == nil else { return false }
            if encoding == .graphQL, !batch.readdress(to: subscriber.prefix) {
                let position = batch.positions.lowerBound
                batch.fill(from: position, of: topics[subscriber.topic].backlog, prefix: subscriber.prefix)
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
        buffer.fill(for: client, from: &topics)
        guard !buffer.bytes.isEmpty else {
            _ = buffer.advance(client, sent: 0)
            return
        }
        let (end, frames) = unsafe buffer.bytes.withUnsafeBytes { bytes in
            let sent = unsafe client.socket.push(bytes)
            client.isBlocked = sent < bytes.count
            let (end, frames) = buffer.advance(client, sent: sent)
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

    /// A client fell too far behind a topic: what becomes of it is the topic's to say.
    private func overtake(_ subscriber: Subscriber, at now: Duration) {
        let topic = subscriber.topic
        let socket = subscriber.client.socket
        guard socket.isOpen else { return }
        statistics.tooSlow.add(1, ordering: .relaxed)
        let position: UInt64
        switch topics[topic].definition.lagAction {
        case .disconnect:
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
        // A gap that waits to be told already begins earlier.
        if subscriber.gap == nil { subscriber.gap = topics[topic].backlog.sequence(before: subscriber.cursor) }
        subscriber.cursor = position
    }

    /// Tells a client that events are missing, where its protocol has words for it.
    private func tellGap(_ subscriber: Subscriber) {
        guard let after = subscriber.gap else { return }
        subscriber.gap = nil
        let writer = topics[subscriber.topic].writer
        let reason = "the client was too slow"
        switch subscriber.encoding {
        case .event:
            subscriber.client.socket.send(text: writer.gapMessage(after: after, reason: reason))
        case .eventStream, .payloadStream:
            subscriber.client.socket.send(event: writer.streamGap(after: after, reason: reason))
        case .payload, .graphQL, .graphQLStream:
            statistics.untoldGaps.add(1, ordering: .relaxed)
        }
    }
}
