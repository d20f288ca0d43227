internal import Fanout
internal import GraphQLSession
internal import GraphQLTransport
internal import Synchronization
internal import WebSockets

/// Who joins which topic; topics of clients start with their first subscriber, and outlast the last one by a while.
extension Shard {
    /// Finds the topic that an operation joins, or has one made for it where clients' own become topics.
    ///
    /// - Parameter peer: The address of the client, who may ask for a topic of its own.
    func find(_ request: GraphQLRequest, from peer: String) -> Result<Slot, OperationRefusal> {
        switch operations.find(request, in: demand) {
        case .topic(let slot): return .success(slot)
        case .wanted(let key):
            var definition = TopicDefinition(clientTopic: request.operationName ?? "*")
            definition.snapshot = demand.snapshot
            let bare = request.with(readExtensions: nil)
            return .success(requestTopic(definition, bare, key, from: ClientNetwork(of: peer)))
        case .refused(let refusal): return .failure(refusal)
        }
    }

    /// Asks the upstream for a topic of a client's own operation; clients may join it at once.
    private func requestTopic(
        _ definition: TopicDefinition,
        _ request: GraphQLRequest,
        _ key: OperationKey,
        from network: ClientNetwork
    ) -> Slot {
        let (slot, number, changes) = demand.request(key, at: EventLoop.now)
        let topic = ShardTopic(definition: definition, key: key, epoch: "", policy: lagOfClientTopics, request: request)
        if slot.index == topics.count {
            topics.append(topic)
        } else {
            topics[slot] = topic
            sweeper.forget()
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
    func open(_ slot: Slot, as id: TopicID, _ opened: OpenedTopic) {
        guard demand.open(slot, as: id) else { return }
        topics[slot].open(opened)
        sweeper.forget()
        for (subscriber, startPosition) in topics[slot].takeAwaiting() { begin(subscriber, startPosition) }
    }

    /// Operations that came after all events of a run that has ended get a run of their own, from its beginning.
    func rerun(_ late: [Subscriber], of slot: Slot) {
        guard let request = topics[slot].request else { return }
        let (definition, key) = (topics[slot].definition, topics[slot].key)
        for subscriber in late {
            let client = subscriber.client
            remove(subscriber)
            client.subscribers.removeAll { $0 === subscriber }
            let network = ClientNetwork(of: client.socket.peer)
            let successor = Subscriber(
                owner: client,
                in: demand.slot(of: key) ?? requestTopic(definition, request, key, from: network),
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

    // Subscribers.

    /// Subscribes a client of a topic's path that was told how the topic is.
    func listen(
        _ client: Client,
        to slot: Slot,
        as encoding: Encoding,
        from cursor: Position,
        _ lagAction: TopicDefinition.LagAction?
    ) {
        let subscriber = Subscriber(
            owner: client,
            in: slot,
            encoding: encoding,
            id: "",
            prefix: [],
            cursor: cursor,
            lagAction: lagAction
        )
        subscriber.statesFrom = topics[slot].backlog.head
        add(subscriber)
    }

    /// Gives an operation its place, once the topic is there, and tells a client with tokens where that is, so that it
    /// can resume before the first event.
    func begin(_ subscriber: Subscriber, _ startPosition: StartPosition) {
        let slot = subscriber.slot
        if topics[slot].isAwaited { return topics[slot].postpone(subscriber, startPosition) }
        let topic = topics[slot]
        let (cursor, gap) = topic.cursor(for: startPosition)
        topic.begin(subscriber, at: cursor)
        // Who resumes has had events, on another connection.
        if case .after = startPosition, gap == nil { subscriber.begunBehind = 0 }
        guard subscriber.hasTokens else { return }
        let last = topic.backlog.sequence(before: cursor)
        let payload: [UInt8]
        if let gap {
            statistics.unresumed.add(1, ordering: .relaxed)
            payload = topic.tokenWriter.gap(after: gap.after, until: last, reason: gap.reason)
        } else {
            payload = topic.tokenWriter.opening(at: last)
        }
        subscriber.client.socket.send(text: subscriber.message(payload))
    }

    func add(_ subscriber: Subscriber) {
        subscriber.client.subscribers.append(subscriber)
        topics[subscriber.slot].add(subscriber)
        tell(demand.gained(subscriber.slot))
        statistics.subscriptions.add(1, ordering: .relaxed)
        if subscriber.client.isReady { flush(subscriber.client) }
    }

    func remove(_ subscriber: Subscriber) {
        topics[subscriber.slot].remove(subscriber)
        if topics[subscriber.slot].audience.isEmpty { tell(demand.lost(subscriber.slot, at: EventLoop.now)) }
        statistics.subscriptions.subtract(1, ordering: .relaxed)
    }

    /// Takes out the subscriber of a client's operation; false when there is none.
    @discardableResult
    func removeSubscriber(_ id: String, of client: Client) -> Bool {
        guard let place = client.subscribers.firstIndex(where: { $0.id.utf8.elementsEqual(id.utf8) }) else {
            return false
        }
        remove(client.subscribers[place])
        client.subscribers.remove(at: place)
        return true
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
