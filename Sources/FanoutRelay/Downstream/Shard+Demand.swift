internal import DequeModule
internal import GraphQLSession
internal import GraphQLTransport
internal import WebSockets

/// Topics that start with their first subscriber, and outlast the last one by a while.
extension Shard {
    /// The operator's topic of a name.
    func configuredTopic(named name: Substring) -> Int? {
        topics.prefix(demand.configured).firstIndex { $0.definition.name == name }
    }

    /// The place of the topic that an update is about; nil when nobody here wants it any more.
    func place(of update: TopicUpdate) -> Int? {
        switch update {
        case .segment(let index, _), .failed(let index, _), .completed(let index), .reclaimed(let index):
            index < demand.configured ? index : demand.opened[index]
        case .opened(let request, _, _), .refused(let request, _):
            demand.requested[request]
        }
    }

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
        demand.requestCount += 1
        let number = demand.requestCount
        var topic = ShardTopic(definition: definition, key: key, epoch: "", policy: demand.lag)
        topic.origin = .requested(number)
        topic.request = request
        let place = demand.vacant.popLast() ?? topics.count
        if place == topics.count { topics.append(topic) } else { topics[place] = topic }
        if demand.isShared { demand.places[key] = place }
        demand.requested[number] = place
        let topicRequest = TopicRequest(
            number: number,
            key: key,
            request: request,
            network: network,
            isShared: demand.isShared
        )
        demand.ask(.open(topicRequest))
        // Whoever asked may not join after all.
        linger(place)
        return place
    }

    /// The upstream has made a topic of what was asked for.
    func open(_ place: Int, as index: Int, _ opened: OpenedTopic) {
        guard case .requested(let number) = topics[place].origin else { return }
        demand.requested[number] = nil
        demand.opened[index] = place
        topics[place].open(as: index, opened)
        buffer.forget()
        for (subscriber, startPosition) in topics[place].takeAwaiting() { begin(subscriber, startPosition) }
    }

    /// A topic of clients has ended: nobody joins it any more, and its place is free once the last one has left.
    func retire(_ place: Int) {
        switch topics[place].origin {
        case .configured, .over: return
        case .requested(let number): demand.requested[number] = nil
        case .opened(_, let index): demand.opened[index] = nil
        }
        topics[place].origin = .over
        if demand.places[topics[place].key] == place { demand.places[topics[place].key] = nil }
        buffer.forget()
        if topics[place].audience.isEmpty { demand.vacant.append(place) }
    }

    /// Operations that came after all events of a run that has ended get a run of their own, from its beginning.
    func rerun(_ late: [Subscriber], of place: Int) {
        guard let request = topics[place].request else { return }
        let (definition, key) = (topics[place].definition, topics[place].key)
        for subscriber in late {
            let client = subscriber.client
            remove(subscriber)
            client.subscribers.removeAll { $0 === subscriber }
            let network = ClientNetwork(of: client.socket.peer)
            let successor = Subscriber(
                client: client,
                topic: demand.places[key] ?? requestTopic(definition, request, key, from: network),
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

    /// A topic has a subscriber.
    func wake(_ place: Int) {
        if topics[place].isIdle {
            topics[place].isIdle = false
            if let number = topics[place].origin.number { demand.ask(.busy(request: number)) }
        }
        guard topics[place].definition.start == .demand, !topics[place].isAwake else { return }
        topics[place].isAwake = true
        demand.ask(.wake(topic: place))
    }

    /// A topic has lost its last subscriber.
    func desert(_ place: Int) {
        switch topics[place].origin {
        case .requested, .opened:
            // Where nobody can join it, it need not wait.
            if demand.isShared { linger(place) } else { letGo(place) }
        case .configured, .over: linger(place)
        }
    }

    /// Nobody listens to a topic: it is let go of in a while, unless somebody comes.
    func linger(_ place: Int) {
        switch topics[place].origin {
        case .configured: guard topics[place].isAwake else { return }
        case .requested(let number), .opened(let number, _):
            topics[place].isIdle = true
            demand.ask(.idle(request: number))
        case .over: return demand.vacant.append(place)
        }
        topics[place].emptySince = EventLoop.now
        // One entry for each topic, however often subscribers come and go.
        guard !topics[place].isLingering else { return }
        topics[place].isLingering = true
        let due = EventLoop.now + demand.linger
        demand.lingering.append(TopicDemand.Lingering(due: due, place: place, origin: topics[place].origin))
        guard demand.lingering.count == 1 else { return }
        let timer = demand.timer ?? LoopTimer(on: loop) { [weak self] in self?.assumeIsolated { $0.lingered() } }
        demand.timer = timer
        timer.start(after: demand.linger)
    }

    /// Lets go of the topics that nobody came for.
    private func lingered() {
        let now = EventLoop.now
        while let first = demand.lingering.first, first.due <= now {
            demand.lingering.removeFirst()
            guard topics[first.place].origin.isSameRequest(as: first.origin) else { continue }
            topics[first.place].isLingering = false
            guard topics[first.place].audience.isEmpty else { continue }
            let due = topics[first.place].emptySince + demand.linger
            guard due <= now else {
                topics[first.place].isLingering = true
                let place = demand.lingering.firstIndex { $0.due > due } ?? demand.lingering.endIndex
                let again = TopicDemand.Lingering(due: due, place: first.place, origin: first.origin)
                demand.lingering.insert(again, at: place)
                continue
            }
            letGo(first.place)
        }
        if let first = demand.lingering.first { demand.timer?.start(after: first.due - now) }
    }

    /// A topic was interrupted: one that nobody listens to isn't started again for nobody.
    func letGoIfIdle(_ place: Int) {
        guard topics[place].isLingering, topics[place].audience.isEmpty else { return }
        topics[place].isLingering = false
        demand.lingering.removeAll { $0.place == place }
        letGo(place)
    }

    /// The upstream needs a topic's place.
    func yield(_ place: Int) {
        guard case .opened(let number, _) = topics[place].origin else { return }
        guard topics[place].audience.isEmpty else { return demand.ask(.kept(request: number)) }
        letGo(place)
    }

    /// Nobody listens to a topic any more: the upstream is told.
    private func letGo(_ place: Int) {
        switch topics[place].origin {
        case .configured:
            topics[place].isAwake = false
            demand.ask(.rest(topic: place))
        case .requested(let number), .opened(let number, _):
            retire(place)
            demand.ask(.release(request: number))
        case .over:
            break
        }
    }
}

extension ShardTopic.Origin {
    /// Whether it is the same topic, however far it has come.
    fileprivate func isSameRequest(as other: Self) -> Bool { number == other.number }

    /// Tells a topic from a later tenant of its place: the request's number, 0 for the operator's; nil when it is over.
    var number: UInt64? {
        switch self {
        case .configured: 0
        case .requested(let number), .opened(let number, _): number
        case .over: nil
        }
    }
}
