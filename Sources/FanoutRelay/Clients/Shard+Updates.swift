internal import Fanout
internal import GraphQLTransport
internal import Synchronization
internal import WebSockets

/// The way of an update from the broadcaster to the clients.
extension Shard {
    /// Appends a batch to the backlogs, and sweeps at once or when the flush interval is over.
    func apply(_ updates: [TopicUpdate]) {
        let now = EventLoop.now
        let wasEmpty = pendingSweep.topics.isEmpty
        for update in updates {
            if case .planned = update { adoptPlan(at: now) }
            guard let slot = demand.slot(of: update) else { continue }
            noteSweep(of: slot)
            pendingSweep.bytes += update.size
            switch update {
            case .segment(_, let segment):
                topics[slot].append(segment)
                switch segment.content {
                case .status(let status):
                    topics[slot].become(status)
                    if status == .interrupted { tell(demand.interrupted(slot)) }
                case .gap: passGap(slot)
                case .events, .refused: break
                }
            case .failed(_, let errors):
                refuse(slot, errors, at: now)
            case .completed:
                end(slot, .completed)
            case .reclaimed:
                tell(demand.reclaimed(slot))
            case .opened(_, let id, let opened), .began(let id, let opened):
                open(slot, as: id, opened)
            case .refused(_, let reason):
                end(slot, .failed(MessageWriter.errors(message: reason)))
            case .planned: break
            }
        }
        if flushInterval == .zero || isDraining || pendingSweep.isFull {
            sweepPending()
        } else if wasEmpty {
            startFlushTimer()
        }
    }

    /// Has the next sweep look at a topic.
    func noteSweep(of slot: Slot) {
        guard topics[slot].headBefore == nil else { return }
        topics[slot].headBefore = topics[slot].backlog.head
        pendingSweep.topics.append(slot)
    }

    /// Delivers what was appended since the last sweep; does nothing when that is empty.
    func sweepPending() {
        guard !pendingSweep.topics.isEmpty else { return }
        let now = EventLoop.now
        flushTimer?.stop()
        let ending = sweeper.sweep(pendingSweep.topics, of: &topics, at: now)
        for client in ending { finishEnded(client) }
        for slot in pendingSweep.topics { topics[slot].backlog.trim(at: now) }
        pendingSweep.removeAll()
    }

    /// Sends a client what it lacks, as far as the kernel takes it.
    func flush(_ client: Client) {
        sweeper.flush(client, from: &topics)
        finishEnded(client)
    }

    /// Starts the timer that sweeps when the flush interval is over.
    private func startFlushTimer() {
        let timer = flushTimer ?? LoopTimer(on: loop) { [weak self] in self?.assumeIsolated { $0.sweepPending() } }
        flushTimer = timer
        timer.start(after: flushInterval)
    }

    // Ends of topics and operations.

    /// Handles a refusal by the upstream: GraphQL operations end with its errors, plain clients are told and stay.
    private func refuse(_ slot: Slot, _ errors: [UInt8], at now: Duration) {
        topics[slot].errors = errors
        end(slot, .failed(errors))
        // A client topic has ended with its operations, and its slot may hold another topic by now.
        guard demand.isConfigured(slot) else { return }
        topics[slot].append(Segment(.refused(errors: errors), at: now))
    }

    /// Ends the GraphQL operations of a topic, and a client topic itself.
    ///
    /// Operations that joined after the topic's last event, and so got nothing of it, are run again. Clients of an
    /// allowed document's path end with its operation; those of the operator's topics stay.
    private func end(_ slot: Slot, _ reason: Subscriber.Ending.Reason) {
        let position = topics[slot].backlog.head
        var late: [Subscriber] = []
        let isClientTopic = !demand.isConfigured(slot)
        for subscriber in topics[slot].audience.all
        where (subscriber.encoding.isOperation || isClientTopic) && subscriber.ending == nil {
            if subscriber.encoding.isOperation, topics[slot].missed(subscriber) {
                late.append(subscriber)
            } else {
                subscriber.ending = Subscriber.Ending(position: position, reason: reason)
            }
        }
        demand.retire(slot)
        tell([])
        rerun(late, of: slot)
    }

    /// Applies the topic's gap action to clients that can't be told of the gap, which is the newest entry.
    private func passGap(_ slot: Slot) {
        let position = topics[slot].backlog.head - 1
        var untold = 0
        for subscriber in topics[slot].audience.all
        where !subscriber.encoding.tellsGaps && subscriber.ending == nil {
            // A client that has seen later events on another shard is already past the gap.
            guard subscriber.cursor <= position else { continue }
            switch topics[slot].definition.gapAction {
            case .continue: untold += 1
            case .close: subscriber.ending = Subscriber.Ending(position: position, reason: .gap)
            }
        }
        statistics.untoldGaps.add(untold, ordering: .relaxed)
    }

    /// Ends operations and clients whose ending has been reached: everything before it is delivered.
    private func finishEnded(_ client: Client) {
        for subscriber in client.subscribers {
            guard let ending = subscriber.ending, subscriber.cursor >= ending.position else { continue }
            if case .gap = ending.reason { return client.closeAtGap() }
            logger.ended(subscriber, of: topics[subscriber.slot].definition, by: .relay)
            removeSubscriber(subscriber.id, of: client)
            client.dialect.ended(subscriber, ending.reason, of: client, on: self)
        }
    }
}
