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
            if !touched.contains(topic) { touched.append(topic) }
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
        for subscriber in topics[topic].subscribers where subscriber.encoding == .graphQL && subscriber.ending == nil {
            subscriber.ending = Subscriber.Ending(position: position, reason: reason)
        }
        retire(topic)
    }

    private func sweep(_ touched: [Int], at now: Duration) {
        sweepNumber += 1
        var tally = Tally()
        var ending: [Client] = []
        for topic in touched {
            // Made for the first subscriber that needs them: an encoding without one costs nothing.
            var events: NewestFrames?
            var payloads: NewestFrames?
            // Nobody joins or leaves meanwhile: ends of clients are told from the loop, later.
            for subscriber in topics[topic].subscribers {
                let client = subscriber.client
                guard client.isReady else {
                    if topics[topic].backlog.isTooFarBehind(subscriber.cursor, at: now) {
                        overtake(subscriber, at: now)
                    }
                    continue
                }
                if client.subscribers.count == 1,
                    subscriber.gap == nil,
                    subscriber.encoding != .graphQL,
                    subscriber.cursor == topics[topic].backlog.newestPosition
                {
                    let isEvent = subscriber.encoding == .event
                    if isEvent, events == nil { events = topics[topic].backlog.newest(as: .event) }
                    if !isEvent, payloads == nil { payloads = topics[topic].backlog.newest(as: .payload) }
                    if let newest = isEvent ? events : payloads { deliver(newest, to: subscriber, &tally) }
                } else if client.sweep != sweepNumber {
                    client.sweep = sweepNumber
                    write(to: client, &tally)
                }
                if subscriber.ending != nil { ending.append(client) }
            }
        }
        for client in ending { finishEnded(client) }
        count(tally)
    }

    /// The usual case without a copy: the client lacks one segment of one topic, whose frames are ready.
    private func deliver(_ newest: NewestFrames, to subscriber: Subscriber, _ tally: inout Tally) {
        let frames = newest.frames
        guard !frames.bytes.isEmpty else {
            subscriber.cursor = newest.end
            return
        }
        unsafe frames.bytes.withUnsafeBytes { bytes in
            let sent = unsafe subscriber.client.socket.push(bytes)
            guard sent < bytes.count else {
                subscriber.cursor = newest.end
                tally.frames += frames.ends.count
                tally.bytes += bytes.count
                return
            }
            subscriber.client.isBlocked = true
            guard sent > 0 else { return }
            // The first frame that ends at or after what was sent is the cut one, or the last whole one.
            let cut = frames.frame(endingAtOrAfter: sent, from: 0)
            let end = frames.ends[cut]
            subscriber.cursor = newest.first + UInt64(cut) + 1
            tally.frames += cut + 1
            tally.bytes += end
            if end > sent {
                unsafe subscriber.client.socket.finish(UnsafeRawBufferPointer(rebasing: bytes[sent..<end]))
            }
        }
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
        guard subscriber.encoding == .event else {
            statistics.untoldGaps.add(1, ordering: .relaxed)
            return
        }
        let reason = "the client was too slow"
        subscriber.client.socket.send(text: topics[subscriber.topic].writer.gapMessage(after: after, reason: reason))
    }
}
