internal import Fanout
internal import Synchronization
internal import WebSockets

/// A change of what the relay offers, while it runs.
extension TopicRunner {
    /// The first of so many numbers for topics, which nobody else uses.
    func reserveNumbers(_ count: Int) -> Int {
        defer { nextTopic += count }
        return nextTopic
    }

    /// Offers other topics from now on, and tells the shards, which were handed their plans before.
    func adopt(_ change: OfferedTopics.Change, _ configuration: Configuration) {
        for id in change.removed { withdraw(id) }
        demand = configuration.demand
        places.limit = configuration.demand.maximumTopics
        lag = configuration.lag
        refetchTimeout = configuration.refetchTimeout
        for id in clientTopics.keys { clientTopics[id]?.history.policy = lag.ofClientTopics }
        let added = change.topics.all.filter { topics[$0.id] == nil }
        for topic in change.topics.all {
            guard let former = topics[topic.id]?.definition else {
                topics[topic.id] = topic.source
                continue
            }
            topics[topic.id]?.definition = topic.definition
            topic.statistics.startsOnDemand.store(topic.definition.start == .demand, ordering: .relaxed)
            if former.start != topic.definition.start, isRun(topic.id) { restart(topic.id, topic.definition.start) }
        }
        statistics.offer(change.topics.all.map(\.statistics))
        // Behind it the shards get the events of new topics.
        log.append([.planned], for: .everyShard)
        for topic in added where topic.definition.start == .always && !isLed { run(topic.id) }
        servePending()
    }

    /// Has an operation run always, or on demand only.
    private func restart(_ id: TopicID, _ start: TopicDefinition.Start) {
        switch start {
        case .always:
            let hasRested = topics[id]?.awakeOn.isEmpty == true
            topics[id]?.awakeOn = []
            if hasRested { run(id) }
        case .demand:
            // Until each shard says that nobody listens there.
            topics[id]?.awakeOn = isLed ? [Self.group] : Set(statistics.shards.indices)
        }
    }

    /// Ends the operation of a topic that is offered no more; the shards end its clients' subscriptions.
    private func withdraw(_ id: TopicID) {
        // Keeps the count of live operations right.
        _ = topics[id]?.become(.waiting, at: EventLoop.now)
        topics[id] = nil
        led.remove(id)
        forget(id)
    }
}
