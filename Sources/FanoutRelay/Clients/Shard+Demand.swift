internal import Fanout
internal import GraphQLSession
internal import GraphQLTransport
internal import WebSockets

/// Topics that start with their first subscriber, and outlast the last one by a while.
extension Shard {
    /// Asks the upstream for a topic of a client's own operation; clients may join it at once.
    func requestTopic(_ request: GraphQLRequest, _ key: OperationKey, from network: ClientNetwork) -> Int {
        var definition = TopicDefinition(clientTopic: request.operationName ?? "*")
        definition.snapshot = demand.snapshot
        return requestTopic(definition, request, key, from: network)
    }

    private func requestTopic(
        _ definition: TopicDefinition,
        _ request: GraphQLRequest,
        _ key: OperationKey,
        from network: ClientNetwork
    ) -> Int {
        let (slot, number, changes) = demand.request(key, at: EventLoop.now)
        let topic = ShardTopic(definition: definition, key: key, epoch: "", policy: lagOfClientTopics, request: request)
        if slot == topics.count {
            topics.append(topic)
        } else {
            topics[slot] = topic
            buffer.forget()
        }
        ask(
            .open(
                TopicRequest(number: number, key: key, request: request, network: network, isShared: demand.isShared)
            )
        )
        tell(changes)
        return slot
    }

    /// The upstream has made a topic of what was asked for.
    func open(_ slot: Int, as index: Int, _ opened: OpenedTopic) {
        guard demand.open(slot, as: index) else { return }
        topics[slot].open(opened)
        buffer.forget()
        for (subscriber, startPosition) in topics[slot].takeAwaiting() { begin(subscriber, startPosition) }
    }

    /// Operations that came after all events of a run that has ended get a run of their own, from its beginning.
    func rerun(_ late: [Subscriber], of slot: Int) {
        guard let request = topics[slot].request else { return }
        let (definition, key) = (topics[slot].definition, topics[slot].key)
        for subscriber in late {
            let client = subscriber.client
            remove(subscriber)
            client.subscribers.removeAll { $0 === subscriber }
            let network = ClientNetwork(of: client.socket.peer)
            let successor = Subscriber(
                owner: client,
                topic: demand.slot(of: key) ?? requestTopic(definition, request, key, from: network),
                encoding: subscriber.encoding,
                id: subscriber.id,
                prefix: subscriber.prefix,
                cursor: 0
            )
            // Others may have begun it, on another shard.
            begin(successor, .last(StartPosition.maximumCount))
            add(successor)
        }
    }

    /// Tells the upstream who listens, and looks again when the next topic may go.
    func tell(_ changes: [DemandChange]) {
        for change in changes { ask(.change(change)) }
        guard let due = demand.due else { return }
        let timer =
            demandTimer
            ?? LoopTimer(on: loop) { [weak self] in
                self?.assumeIsolated { $0.tell($0.demand.advance(to: EventLoop.now)) }
            }
        demandTimer = timer
        timer.start(after: max(.zero, due - EventLoop.now))
    }
}
