/// What a leader appends.
extension LogWriter {
    /// Begins to lead with what is known of the topics: where each is after the message before the term's record.
    package mutating func lead(_ places: some Sequence<TopicPlace>) {
        _ = state.withLeadership { leadership in
            for place in places { leadership.outbox.places[place.topic] = place }
        }
    }

    /// Has an entry appended, as soon as what is on its way is settled; nothing happens unless the node leads.
    ///
    /// - Parameter time: When it happened, by the clock of the wall, in milliseconds since 1970.
    package mutating func append(_ entry: TopicEntry, of topic: TopicHash, time: UInt64) {
        let dropped = state.withLeadership { leadership in
            let before = leadership.outbox.dropped
            leadership.outbox.append(entry, of: topic, at: time)
            return leadership.outbox.dropped - before
        }
        counts.dropped += dropped ?? 0
    }

    /// Sends what waits unless something is on its way; to be called after `append`.
    package mutating func flush(time: UInt64, now: Duration) -> [Action] {
        let isDue = state.withLeadership { $0.pending == nil && $0.yields == nil && !$0.outbox.isEmpty }
        return isDue ?? false ? proceed(time: time, now: now, beats: false) : []
    }

    /// Says again who leads.
    package mutating func announce(time: UInt64, now: Duration) -> [Action] {
        let identity = identity
        _ = state.withLeadership { $0.outbox.append(LogRecord(.term(identity), at: time)) }
        return flush(time: time, now: now)
    }

    /// Leaves the log to a node that is ready to lead, after everything that waits; if it doesn't come within half a
    /// lease, this node leads on.
    package mutating func handOver(to successor: String, time: UInt64, now: Duration) -> [Action] {
        _ = state.withLeadership { $0.outbox.append(LogRecord(.handOver(successor: successor), at: time)) }
        return flush(time: time, now: now)
    }

    /// Over a new connection a follower hears of the leader, whose own may take a little longer to come back.
    package mutating func reconnected(now: Duration) {
        guard case .follower(var follower) = state else { return }
        follower.heard = now
        state = .follower(follower)
    }

    /// The log's servers had no answer.
    package mutating func unanswered(at time: Duration) {
        guard case .follower(var follower) = state else { return }
        follower.away = time
        state = .follower(follower)
    }

    /// Has a follower bid at once, if it may.
    package mutating func summon() {
        guard case .follower(var follower) = state else { return }
        follower.isSummoned = true
        state = .follower(follower)
    }

    /// Where each topic is, behind everything that was appended or waits; none unless the node leads.
    package var places: [TopicHash: TopicPlace] {
        if case .leader(let leadership) = state { leadership.outbox.places } else { [:] }
    }

    /// What waits to be appended, in bytes.
    package var outboxSize: Int {
        if case .leader(let leadership) = state { leadership.outbox.size } else { 0 }
    }

    /// Sends what waits, or a beat.
    ///
    /// - Parameter beats: Whether a beat is due if nothing waits.
    mutating func proceed(time: UInt64, now: Duration, beats: Bool = true) -> [Action] {
        let (answer, number, writer) = (now + timing.answer, appends + 1, identity.incarnation)
        appends = number
        return state.withLeadership { leadership -> [Action] in
            guard leadership.pending == nil else { return [] }
            let hasResumed = leadership.yields.take() != nil
            var records = leadership.outbox.pack(at: time)
            if records.isEmpty, beats { records = [LogRecord(.beat, at: time)] }
            // What waits was measured when it was taken, so that it can be written.
            let message = LogMessage(term: leadership.term, writer: writer, records)
            guard !records.isEmpty, let bytes = try? message.bytes() else { return [] }
            let pending = PendingAppend(
                bytes: bytes,
                expected: leadership.end,
                number: number,
                phase: .sent(until: answer),
                isHandOver: records.contains { if case .handOver = $0.content { true } else { false } }
            )
            leadership.pending = pending
            leadership.spoke = now
            return (hasResumed ? [.resumed] : []) + [pending.action]
        } ?? []
    }
}
