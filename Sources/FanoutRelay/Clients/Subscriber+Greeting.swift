internal import Fanout
internal import Synchronization
internal import WebSockets

/// What a new subscriber is told first.
extension Subscriber {
    /// Takes its first position, as soon as the topic knows which that is, and is told of it.
    ///
    /// A client with tokens gets the token of that position, so that it can resume before its first event.
    func begin(at startPosition: StartPosition, in topic: inout ShardTopic, _ statistics: ShardStatistics) {
        if topic.mustAwait(startPosition) {
            cursor = topic.startCursor
            return wait(startPosition, in: &topic)
        }
        let (cursor, gap) = topic.cursor(for: startPosition)
        topic.begin(self, at: cursor)
        // A client that resumes got its events on another connection, so that `missed` must not apply.
        if case .after = startPosition, gap == nil { begunBehind = 0 }
        if gap != nil { statistics.unresumed.add(1, ordering: .relaxed) }
        beGreeted(by: &topic, gap, statistics)
    }

    /// Tells it where it begins, and how the topic is, as far as its protocol has words for it.
    ///
    /// - Parameter gap: What it asked for and can't have.
    private func beGreeted(by topic: inout ShardTopic, _ gap: MissedEvents?, _ statistics: ShardStatistics) {
        let socket = client.socket
        let last = topic.backlog.sequence(before: cursor)
        switch encoding {
        case .graphQL, .graphQLStream: return
        case .resumable:
            let history = topic.history(from: cursor)
            let payload =
                gap.map { topic.tokenWriter.gap(after: $0.after, until: last, reason: $0.reason, history) }
                ?? topic.tokenWriter.opening(at: last, history)
            socket.send(text: message(payload))
        case .event:
            socket.send(text: topic.statusMessage())
            if let gap { socket.send(text: topic.writer.gapMessage(after: gap.after, reason: gap.reason)) }
            if let errors = topic.errors { socket.send(text: topic.writer.errorMessage(errors)) }
        case .payload:
            // Bare payloads can't tell a gap. Closing would not help: the client would come back with the same token.
            if gap != nil { statistics.untoldGaps.add(1, ordering: .relaxed) }
        case .eventStream, .payloadStream:
            // A client that leaves before the first event resumes from this position.
            var greeting = topic.writer.streamPosition(last)
            greeting += topic.writer.streamStatus(topic.status)
            if let gap { greeting += topic.writer.streamGap(after: gap.after, reason: gap.reason) }
            if let errors = topic.errors { greeting += topic.writer.streamError(errors) }
            socket.send(event: greeting)
        }
        statesFrom = topic.backlog.head
    }

    /// Has it wait until the topic knows where it begins, and tells it how the topic is.
    private func wait(_ startPosition: StartPosition, in topic: inout ShardTopic) {
        topic.postpone(self, startPosition)
        switch encoding {
        case .event: client.socket.send(text: topic.statusMessage())
        case .eventStream, .payloadStream: client.socket.send(event: topic.writer.streamStatus(topic.status))
        case .payload, .graphQL, .resumable, .graphQLStream: break
        }
    }

    /// Tells it where it stands now that the events are numbered otherwise, as far as its protocol has words for it.
    func bePlaced(in topic: ShardTopic) {
        let last = topic.backlog.sequence(before: cursor)
        switch encoding {
        case .resumable: client.socket.send(text: message(topic.tokenWriter.opening(at: last)))
        case .eventStream, .payloadStream: client.socket.send(event: topic.writer.streamPosition(last))
        case .event, .payload, .graphQL, .graphQLStream: break
        }
    }
}
