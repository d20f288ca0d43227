/// Checkpoints stand in for what the log doesn't hold any more of a topic.
extension LogState {
    /// Takes a checkpoint, from the log or from elsewhere; a newer one counts.
    ///
    /// Nothing is told yet: the log may say more of the topic.
    package mutating func restore(_ checkpoint: TopicCheckpoint, at place: TopicPlace) {
        if let known = topics[place.topic], known.position >= checkpoint.position { return }
        if let known = checkpoints[place.topic], known.checkpoint.position >= checkpoint.position { return }
        guard checkpoints[place.topic] != nil || checkpoints.count < Self.largestCount else { return }
        checkpoints[place.topic] = (place, checkpoint)
    }

    /// Tells what only checkpoints say, once the log was read to its end.
    package mutating func settle() -> [LogUpdate] {
        var updates: [LogUpdate] = []
        for topic in checkpoints.keys { adopt(checkpoint: topic, .max, &updates) }
        isReplaying = false
        return updates
    }

    /// The topics whose newest record the log's limits will soon pass: those at or before a number, with what is to be
    /// appended about them.
    package func checkpoints(through position: UInt64) -> [(topic: TopicHash, checkpoint: TopicCheckpoint)] {
        topics.filter { $0.value.position <= position }.map { ($0.key, $0.value.checkpoint) }
    }

    /// Goes on from a checkpoint that is older than the next record, where nothing else is known of a topic.
    mutating func adopt(
        checkpoint topic: TopicHash,
        _ position: UInt64,
        _ updates: inout [LogUpdate]
    ) {
        guard let (place, checkpoint) = checkpoints[topic] else { return }
        // What the log still holds begins before the checkpoint: it says more.
        guard checkpoint.position < position else { return }
        checkpoints[topic] = nil
        if let known = topics[topic], known.position >= checkpoint.position { return }
        let known = topics[topic]
        if let known, known.place.epoch == place.epoch {
            // What it has gone on with since was passed over, and a gap told.
            guard place.sequence >= known.place.sequence else { return }
            topics[topic]?.place = place
            topics[topic]?.gapAfter = place.sequence
            topics[topic]?.status = checkpoint.status
            topics[topic]?.isUncertain = false
            return
        }
        var state = TopicState(place: place)
        state.gapAfter = checkpoint.gapAfter
        state.status = checkpoint.status
        state.isForeign = checkpoint.isForeign
        state.position = checkpoint.position
        state.isSpoilt = isReplaying
        if let payload = checkpoint.lastPayload { state.tail.append(EventPayloads(payload)) }
        topics[topic] = state
        func tell(_ content: LogUpdate.Content) { updates.append(LogUpdate(content, of: topic, at: 0)) }
        let events = place.sequence > 0 ? checkpoint.lastPayload.map { EventPayloads($0) } : nil
        let before = place.sequence - UInt64(events?.count ?? 0)
        let hasGap = checkpoint.gapAfter == place.sequence
        let beginning = TopicBeginning(
            epoch: place.epoch,
            sequence: before,
            forgottenGap: before,
            isForeign: checkpoint.isForeign,
            isSuccessor: former.remove(topic) != nil || known != nil
        )
        tell(.began(beginning))
        if let events { tell(.events(first: before + 1, events)) }
        if hasGap, events != nil { tell(.gap(after: place.sequence, reason: "events may be missing here")) }
        if checkpoint.status != .waiting { tell(.status(checkpoint.status)) }
    }
}
