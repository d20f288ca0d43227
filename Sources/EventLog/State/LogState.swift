/// What a group's log says up to the last message that was read: the state that a new leader goes on with, and for the
/// relays that deliver, message by message, what there is to tell.
///
/// Every relay that reads the same messages comes to the same state.
package struct LogState {
    /// The newest term, and who leads in it; nil before the first one.
    package private(set) var term: UInt64 = 0
    package private(set) var leader: LeaderIdentity?
    /// Whether the newest term's record was read, so that only its node may write.
    private var knowsLeader = false
    package internal(set) var topics: [TopicHash: TopicState] = [:]
    /// Requests that the leader has refused, with the reason.
    package private(set) var refusals: [TopicHash: String] = [:]
    package internal(set) var counts = LogStateCounts()

    /// Checkpoints of topics, until the log says something newer.
    var checkpoints: [TopicHash: (place: TopicPlace, checkpoint: TopicCheckpoint)] = [:]
    /// Topics that were there before the log was rewound, until they begin again.
    var former: Set<TopicHash> = []
    /// Whether the log was rewound and isn't read again to its end: all that it has is from before.
    var isReplaying = false
    /// Whether the log's beginning isn't held any more, so that topics may have been there before their first record.
    var isCut = false
    private var parts: PartAssembler

    /// How many topics there may be, and refusals.
    static let largestCount = 1 << 18

    /// - Parameter largestPayload: The largest event that is put together of parts, in bytes.
    package init(largestPayload: Int) { parts = PartAssembler(limit: largestPayload) }

    /// How many parts of events were dropped, since others of the same event were missing.
    package var droppedParts: UInt64 { parts.dropped }

    /// Takes the next message that was read.
    ///
    /// - Parameter position: Its number.
    package mutating func take(_ message: LogMessage, at position: UInt64) -> [LogUpdate] {
        guard isRightful(message) else {
            // The log's order forbids it, unless it was rewound. Nobody listens.
            counts.staleTerms += 1
            return []
        }
        if message.term > term { parts.interrupt() }
        term = message.term
        var updates: [LogUpdate] = []
        for record in message.records {
            switch record.content {
            case .term(let identity):
                leader = identity
                knowsLeader = true
            case .beat, .handOver: parts.interrupt()
            case .topic(let place, .part(let part)):
                guard let payload = parts.take(part, at: place, term: term) else { continue }
                take(.events(EventPayloads(payload)), place, record.time, position, &updates)
            case .topic(let place, let content):
                parts.interrupt()
                take(content, place, record.time, position, &updates)
            }
        }
        return updates
    }

    /// Whether a message is by who leads, as far as that is known, or by who leads from here on.
    private func isRightful(_ message: LogMessage) -> Bool {
        guard knowsLeader else { return message.term >= term }
        if message.term == term { return message.writer == leader?.incarnation }
        guard message.term > term, case .term(let identity)? = message.records.first?.content else { return false }
        return identity.incarnation == message.writer
    }

    /// Takes note that messages can't be read, at the log's beginning or since: whatever topic there is may have lost
    /// something.
    package mutating func lose(_ reason: String) -> [LogUpdate] {
        parts.interrupt()
        isCut = true
        knowsLeader = false
        var updates: [LogUpdate] = []
        // Who was told so since its last record needn't hear it again.
        for (topic, state) in topics where !state.isUncertain {
            topics[topic]?.gapAfter = state.place.sequence
            topics[topic]?.isUncertain = true
            updates.append(LogUpdate(.gap(after: state.place.sequence, reason: reason), of: topic, at: 0))
        }
        return updates
    }

    /// Forgets all that a log said which isn't there any more.
    ///
    /// What it still says is to be read again.
    package mutating func rewind() {
        let before = self
        self = LogState(largestPayload: 0)
        parts = before.parts
        parts.interrupt()
        former = before.former.union(before.topics.keys)
        isReplaying = true
        counts = before.counts
        counts.rewinds += 1
    }

    private mutating func take(
        _ record: TopicRecord,
        _ place: TopicPlace,
        _ time: UInt64,
        _ position: UInt64,
        _ updates: inout [LogUpdate]
    ) {
        let topic = place.topic
        switch record {
        case .refused(let reason):
            topics[topic] = nil
            if refusals.count < Self.largestCount { refusals[topic] = reason }
            updates.append(LogUpdate(.refused(reason: reason), of: topic, at: time))
            return
        case .checkpoint(let checkpoint):
            restore(checkpoint, at: place)
            // It is a newer record of a topic that is known, and says that nothing of it was missed.
            guard topics[topic]?.place == place else { return }
            topics[topic]?.position = position
            topics[topic]?.isUncertain = false
            return
        default: break
        }
        guard topics[topic] != nil || topics.count < Self.largestCount else {
            counts.excess += 1
            return
        }
        refusals[topic] = nil
        reach(place, before: record, time, position, &updates)
        guard var state = topics[topic] else { return }
        state.position = position
        state.isUncertain = false
        topics[topic] = nil
        defer { if !isEnd(record) { topics[topic] = state } }
        func tell(_ content: LogUpdate.Content) { updates.append(LogUpdate(content, of: topic, at: time)) }
        switch record {
        case .events(let payloads):
            // Those that it has are left out.
            let known = min(state.place.sequence - min(place.sequence, state.place.sequence), UInt64(payloads.count))
            let fresh = payloads.suffix(after: Int(known))
            counts.repeated += known
            guard !fresh.isEmpty else { return }
            tell(.events(first: state.place.sequence + 1, fresh))
            state.place.sequence += UInt64(fresh.count)
            state.tail.append(fresh)
        case .gap(let reason):
            tell(.gap(after: state.place.sequence, reason: reason))
            state.gapAfter = state.place.sequence
        case .status(let status):
            state.status = status
            tell(.status(status))
        case .failed(let errors): tell(.failed(errors: errors))
        case .completed: tell(.completed)
        case .ended: tell(.ended)
        case .opened: tell(.opened)
        case .began, .part, .refused, .checkpoint: break
        }
    }

    /// Comes to the place of a record: a topic that is new or is numbered anew begins there, and what is between where
    /// it was and there is missing.
    private mutating func reach(
        _ place: TopicPlace,
        before record: TopicRecord,
        _ time: UInt64,
        _ position: UInt64,
        _ updates: inout [LogUpdate]
    ) {
        let topic = place.topic
        adopt(checkpoint: topic, position, &updates)
        var isForeign = false
        if case .began(let foreign) = record { isForeign = foreign }
        let known = topics[topic]
        if let known, known.place.epoch == place.epoch, !isBeginning(record) {
            guard place.sequence > known.place.sequence else { return }
            // Where a relay upstream has left them out the leader has told so.
            if known.gapAfter != known.place.sequence {
                let reason = "events \(known.place.sequence + 1) to \(place.sequence) are missing in the relays' log"
                updates.append(LogUpdate(.gap(after: known.place.sequence, reason: reason), of: topic, at: time))
                counts.missing += 1
            }
            topics[topic]?.gapAfter = place.sequence
            topics[topic]?.place = place
            return
        }
        let isFormer = former.remove(topic) != nil
        var state = TopicState(place: place)
        state.isForeign = isForeign
        state.isSpoilt = isReplaying
        // Where the log's beginning is gone, nobody knows whether a gap stood right before.
        if isCut, !isBeginning(record) { state.gapAfter = place.sequence }
        topics[topic] = state
        let beginning = TopicBeginning(
            epoch: place.epoch,
            sequence: place.sequence,
            forgottenGap: state.gapAfter,
            isForeign: isForeign,
            isSuccessor: known != nil || isFormer
        )
        updates.append(LogUpdate(.began(beginning), of: topic, at: time))
    }

    /// The topics whose numbers a new leader must begin anew: the log was rewound, or the newest of them isn't known.
    package var topicsToRenew: [TopicHash] {
        topics.filter { $0.value.isUncertain || $0.value.isSpoilt }.map(\.key)
    }

    /// Whether a message that was written since the log was rewound goes on with numbers of before: its leader doesn't
    /// know.
    func isUnaware(_ message: LogMessage) -> Bool {
        guard counts.rewinds > 0, !isReplaying else { return false }
        return message.records.contains { record in
            guard case .topic(let place, _) = record.content else { return false }
            return topics[place.topic]?.isSpoilt ?? false
        }
    }

    private func isEnd(_ record: TopicRecord) -> Bool {
        switch record {
        case .completed, .ended: true
        default: false
        }
    }

    private func isBeginning(_ record: TopicRecord) -> Bool {
        if case .began = record { true } else { false }
    }
}

/// What a state was told that it shouldn't have been, for metrics: all stay 0 while the log isn't rewound and nothing
/// of it is passed over.
package struct LogStateCounts: Equatable, Sendable {
    /// Messages of a term that was over, or of somebody who doesn't lead.
    package var staleTerms: UInt64 = 0
    /// Events that were there already.
    package var repeated: UInt64 = 0
    /// Places where the numbers left some out without a gap.
    package var missing: UInt64 = 0
    /// Records of topics beyond those that there may be.
    package var excess: UInt64 = 0
    package var rewinds: UInt64 = 0
}
